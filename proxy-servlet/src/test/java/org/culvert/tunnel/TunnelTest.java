package org.culvert.tunnel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tunnels over real sockets, with nothing of HTTP or a container around them. */
@Timeout(60)
class TunnelTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private final TunnelLoops loops = TunnelLoops.open();

  @AfterEach
  void leave() {
    loops.close();
  }

  @Test
  void carriesBytesBothWaysAndWhatCameEarlyFirst() throws Exception {
    try (Ends ends = new Ends(0)) {
      Ends.write(ends.client, bytes(" later"));
      ends.start(loops, Ends.PATIENT, ByteBuffer.wrap(bytes("early")), ByteBuffer.wrap(bytes("E")));
      assertThat(text(Ends.read(ends.backend, 11))).isEqualTo("early later");
      Ends.write(ends.backend, bytes("answer"));
      assertThat(text(Ends.read(ends.client, 7))).isEqualTo("Eanswer");
    }
  }

  /** Tagged bytes in both directions, small socket buffers, readers that take their time. */
  @Test
  void neverGivesOneTunnelsByteToAnother() throws Exception {
    int count = 200;
    int size = 200_000;
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    List<Ends> all = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Ends ends = new Ends(4096);
      all.add(ends.start(loops));
      byte up = (byte) i;
      byte down = (byte) (i + 101);
      threads.add(new Thread(() -> feed(ends.client, up, size, wrong)));
      threads.add(new Thread(() -> feed(ends.backend, down, size, wrong)));
      threads.add(new Thread(() -> check(ends.backend, up, size, wrong)));
      threads.add(new Thread(() -> check(ends.client, down, size, wrong)));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    for (Ends ends : all) {
      ends.close();
    }
    assertThat(wrong).isEmpty();
    for (Ends ends : all) {
      TunnelEnd end = ends.ended.poll(10, TimeUnit.SECONDS);
      assertThat(end.toBackend()).isEqualTo(size);
      assertThat(end.toClient()).isEqualTo(size);
    }
  }

  private static void feed(SocketChannel to, byte tag, int size, Queue<String> wrong) {
    Random random = new Random(tag);
    int left = size;
    try {
      while (left > 0) {
        byte[] piece = new byte[Math.min(left, 1 + random.nextInt(20_000))];
        Arrays.fill(piece, tag);
        Ends.write(to, piece);
        left -= piece.length;
      }
    } catch (IOException e) {
      wrong.add("sending " + tag + ": " + e);
    }
  }

  private static void check(SocketChannel from, byte tag, int size, Queue<String> wrong) {
    Random random = new Random(tag);
    int left = size;
    try {
      while (left > 0) {
        byte[] piece = Ends.read(from, Math.min(left, 1 + random.nextInt(5_000)));
        if (piece.length == 0) {
          wrong.add(tag + " ended " + left + " bytes early");
          return;
        }
        for (byte b : piece) {
          if (b != tag) {
            wrong.add(b + " where " + tag + " was sent");
            return;
          }
        }
        left -= piece.length;
        if (random.nextInt(20) == 0) {
          Thread.yield();
        }
      }
    } catch (IOException e) {
      wrong.add("reading " + tag + ": " + e);
    }
  }

  @Test
  void passesAHalfCloseOnAfterItsBytesAndGoesOnInTheOtherDirection() throws Exception {
    try (Ends ends = new Ends(4096).start(loops)) {
      byte[] much = new byte[500_000];
      Thread feeder =
          new Thread(
              () -> {
                try {
                  Ends.write(ends.client, much);
                  ends.client.shutdownOutput();
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      feeder.start();
      assertThat(Ends.read(ends.backend, much.length + 1)).hasSize(much.length);
      feeder.join();
      Ends.write(ends.backend, bytes("still here"));
      assertThat(text(Ends.read(ends.client, 10))).isEqualTo("still here");
      assertThat(ends.ended).isEmpty();
      ends.backend.shutdownOutput();
      assertThat(Ends.read(ends.client, 1)).isEmpty();
      TunnelEnd end = ends.ended.poll(5, TimeUnit.SECONDS);
      assertThat(end.cause()).isEqualTo("the client closed");
      assertThat(ends.clientSide.closes).hasValue(1);
      assertThat(ends.backendSide.closes).hasValue(1);
    }
  }

  @Test
  void endsAHalfClosedTunnelThatIsIdle() throws Exception {
    TunnelRules rules = new TunnelRules(Duration.ofMillis(300), LONG, LONG);
    try (Ends ends = new Ends(0).start(loops, rules)) {
      ends.backend.shutdownOutput();
      assertThat(Ends.read(ends.client, 1)).isEmpty();
      TunnelEnd end = ends.ended.poll(5, TimeUnit.SECONDS);
      assertThat(end.cause()).isEqualTo("the upstream closed");
      assertThat(Ends.read(ends.backend, 1)).isEmpty();
    }
  }

  @Test
  void endsAnIdleTunnelButNotOneWhoseBytesFlowInOneDirection() throws Exception {
    TunnelRules rules = new TunnelRules(Duration.ofMillis(600), LONG, LONG);
    try (Ends idle = new Ends(0).start(loops, rules);
        Ends busy = new Ends(0).start(loops, rules)) {
      long since = System.nanoTime();
      while (idle.ended.isEmpty()) {
        Ends.write(busy.backend, bytes("x"));
        assertThat(Ends.read(busy.client, 1)).hasSize(1);
      }
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
      assertThat(millis).isBetween(500L, 5_000L);
      assertThat(idle.ended.take().cause()).isEqualTo("no byte for 600 ms");
      assertThat(busy.ended).isEmpty();
    }
  }

  @Test
  void holdsASenderBackAndEndsWhenItsReaderTakesNothingForTooLong() throws Exception {
    TunnelRules rules = new TunnelRules(LONG, LONG, Duration.ofMillis(500));
    try (Ends ends = new Ends(4096).start(loops, rules)) {
      ends.client.configureBlocking(false);
      ByteBuffer much = ByteBuffer.allocate(50 << 20);
      while (ends.ended.isEmpty() && ends.client.isOpen()) {
        try {
          if (ends.client.write(much) == 0) {
            Thread.onSpinWait();
          }
        } catch (IOException e) {
          break; // It was ended.
        }
      }
      TunnelEnd end = ends.ended.poll(5, TimeUnit.SECONDS);
      assertThat(end.cause()).isEqualTo("the upstream did not read for 500 ms");
      assertThat(end.toBackend()).isLessThan(1 << 20);
    }
  }

  @Test
  void endsBothSidesWhenOneIsReset() throws Exception {
    try (Ends ends = new Ends(0).start(loops)) {
      Ends.reset(ends.client);
      assertThat(Ends.read(ends.backend, 1)).isEmpty();
      assertThat(ends.ended.poll(5, TimeUnit.SECONDS).cause()).startsWith("the client broke off");
    }
    try (Ends ends = new Ends(0).start(loops)) {
      Ends.reset(ends.backend);
      assertThat(Ends.read(ends.client, 1)).isEmpty();
      assertThat(ends.ended.poll(5, TimeUnit.SECONDS).cause()).startsWith("the upstream broke off");
    }
  }

  /** A binary frame of so many bytes, masked with zeros or not. */
  private static byte[] frame(int length, boolean masked) {
    ByteBuffer frame = ByteBuffer.allocate(8 + length);
    frame.put((byte) 0x82).put((byte) (126 | (masked ? 0x80 : 0))).putShort((short) length);
    return Arrays.copyOf(frame.array(), length + (masked ? 8 : 4));
  }

  @Test
  void saysGoodbyeAfterTheFramesUnderWayAndWaitsForBothAnswers() throws Exception {
    byte[] up = frame(300, true);
    byte[] down = frame(400, false);
    try (Ends ends = Ends.ofFrames(0).start(loops)) {
      Ends.write(ends.client, Arrays.copyOf(up, 100)); // Within a frame in both directions.
      Ends.write(ends.backend, Arrays.copyOf(down, 3)); // Within its header.
      Ends.write(ends.backend, Arrays.copyOfRange(down, 3, 7));
      assertThat(Ends.read(ends.backend, 100)).hasSize(100);
      assertThat(Ends.read(ends.client, 7)).hasSize(7);
      ends.tunnel().goAway("enough");
      ends.tunnel().goAway("twice");
      CountDownLatch told = new CountDownLatch(1);
      ends.tunnel().loop().submit(told::countDown);
      told.await();

      byte[] two = Arrays.copyOf(up, 2 * up.length);
      System.arraycopy(up, 0, two, up.length, up.length);
      Ends.write(ends.client, Arrays.copyOfRange(two, 100, two.length)); // And one more frame.
      byte[] rest = Ends.read(ends.backend, up.length - 100 + 8);
      assertThat(Arrays.copyOfRange(rest, up.length - 100, rest.length))
          .containsExactly(0x88, 0x82, 0, 0, 0, 0, 3, 0xe9);
      Ends.write(ends.backend, Arrays.copyOfRange(down, 7, down.length));
      rest = Ends.read(ends.client, down.length - 7 + 4);
      assertThat(Arrays.copyOfRange(rest, down.length - 7, rest.length))
          .containsExactly(0x88, 2, 3, 0xe9);
      assertThat(ends.ended).isEmpty();

      Ends.write(ends.backend, new byte[] {(byte) 0x88, 2, 3, (byte) 0xe9});
      Ends.write(ends.client, new byte[] {(byte) 0x88, (byte) 0x80, 0, 0, 0, 0});
      assertThat(Ends.read(ends.client, 1)).isEmpty();
      assertThat(Ends.read(ends.backend, 1)).isEmpty();
      TunnelEnd end = ends.ended.poll(5, TimeUnit.SECONDS);
      assertThat(end.cause()).isEqualTo("enough");
      assertThat(end.closeCode()).isZero();
    }
  }

  /** What it sends behind the Close is thrown away, a message among it, and not counted. */
  @Test
  void saysGoodbyeWhereAHeaderIsHeldBackAndCountsNothingAfterIt() throws Exception {
    FrameMeter fromClient;
    try (Ends ends = Ends.ofFrames(0).start(loops)) {
      fromClient = ends.fromClient();
      Ends.write(ends.client, frame(300, true));
      assertThat(Ends.read(ends.backend, 308)).hasSize(308);
      Ends.write(ends.client, Arrays.copyOf(frame(300, true), 5));
      ends.tunnel().goAway("enough");
      assertThat(Ends.read(ends.backend, 8)).containsExactly(0x88, 0x82, 0, 0, 0, 0, 3, 0xe9);
      byte[] two = new byte[303 + 308 + 6];
      System.arraycopy(frame(300, true), 5, two, 0, 303);
      System.arraycopy(frame(300, true), 0, two, 303, 308);
      System.arraycopy(new byte[] {(byte) 0x88, (byte) 0x80, 0, 0, 0, 0}, 0, two, 611, 6);
      Ends.write(ends.client, two);
      assertThat(Ends.read(ends.client, 4)).containsExactly(0x88, 2, 3, 0xe9);
      Ends.write(ends.backend, new byte[] {(byte) 0x88, 2, 3, (byte) 0xe9});
      assertThat(Ends.read(ends.backend, 1)).isEmpty();
      assertThat(ends.ended.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("enough");
    }
    assertThat(fromClient.messages()).isEqualTo(1);
    assertThat(fromClient.bytes()).isEqualTo(300);
  }

  /** RFC 6455, section 7.1.1: the server ends its connection first; the client may never do so. */
  @Test
  void endsAWebSocketThatBothHaveClosedAtTheFirstEnd() throws Exception {
    for (boolean clientFirst : new boolean[] {true, false}) {
      try (Ends ends = Ends.ofFrames(0).start(loops)) {
        byte[] up = {(byte) 0x88, (byte) 0x82, 0, 0, 0, 0, 3, (byte) 0xe8};
        byte[] down = {(byte) 0x88, 2, 3, (byte) 0xe8};
        Ends.write(ends.client, up);
        Ends.write(ends.backend, down);
        assertThat(Ends.read(ends.backend, up.length)).isEqualTo(up);
        assertThat(Ends.read(ends.client, down.length)).isEqualTo(down);
        (clientFirst ? ends.client : ends.backend).shutdownOutput();
        assertThat(Ends.read(ends.client, 1)).isEmpty();
        assertThat(Ends.read(ends.backend, 1)).isEmpty();
        assertThat(ends.ended.poll(5, TimeUnit.SECONDS).closeCode()).isEqualTo(1000);
      }
    }
  }

  @Test
  void holdsAHeaderBackUntilItIsWholeAndAccepted() throws Exception {
    byte[] good = frame(200, true);
    try (Ends ends = Ends.ofFrames(0).start(loops)) {
      for (byte octet : good) { // Each comes by itself.
        Ends.write(ends.client, new byte[] {octet});
      }
      assertThat(Ends.read(ends.backend, good.length)).isEqualTo(good);
      byte[] bad = frame(200, true);
      bad[0] = (byte) 0x83;
      Ends.write(ends.client, bad);
      assertThat(Ends.read(ends.backend, 9)).containsExactly(0x88, 0x82, 0, 0, 0, 0, 3, 0xea);
      assertThat(Ends.read(ends.client, 5)).containsExactly(0x88, 2, 3, 0xea);
      TunnelEnd end = ends.ended.poll(5, TimeUnit.SECONDS);
      assertThat(end.cause()).isEqualTo("the client sent a frame of the reserved opcode 3");
      assertThat(end.closeCode()).isEqualTo(1002);
    }
  }

  @Test
  void cutsWhoEndsNoFrameOrAnswersNoClose() throws Exception {
    try (Ends ends = Ends.ofFrames(0).start(loops)) {
      Ends.write(ends.client, Arrays.copyOf(frame(300, true), 100));
      assertThat(Ends.read(ends.backend, 100)).hasSize(100);
      ends.tunnel().goAway("enough");
      assertThat(Ends.read(ends.backend, 1)).isEmpty(); // No Close within a frame.
      assertThat(Ends.read(ends.client, 5)).containsExactly(0x88, 2, 3, 0xe9);
      assertThat(ends.ended.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("enough");
    }
  }

  /** The client reads nothing: its Close stands behind what waits for it. */
  @Test
  void saysGoodbyeBehindWhatAStalledReaderHasNotTaken() throws Exception {
    byte[] down = frame(60_000, false);
    try (Ends ends = Ends.ofFrames(4096).start(loops)) {
      ends.backend.configureBlocking(false);
      ByteBuffer frames = ByteBuffer.allocate(down.length * 20);
      for (int i = 0; i < 20; i++) {
        frames.put(down);
      }
      frames.flip();
      long quiet = System.nanoTime();
      while (System.nanoTime() - quiet < 300_000_000) {
        if (ends.backend.write(frames) > 0) {
          quiet = System.nanoTime();
        }
      }
      assertThat(frames.hasRemaining()).isTrue();
      ends.tunnel().goAway("enough");
      ends.backend.configureBlocking(true);
      Thread feeder =
          new Thread(
              () -> {
                try {
                  while (frames.hasRemaining()) {
                    ends.backend.write(frames);
                  }
                } catch (IOException e) {
                  // It is cut in the end.
                }
              });
      feeder.start();
      byte[] all = Ends.read(ends.client, down.length * 20 + 4);
      feeder.join();
      assertThat((all.length - 4) % down.length).isZero();
      assertThat(Arrays.copyOfRange(all, all.length - 4, all.length))
          .containsExactly(0x88, 2, 3, 0xe9);
      assertThat(ends.ended.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("enough");
    }
  }

  @Test
  void survivesADefectOfOneTunnelsOwner() throws Exception {
    try (Ends broken = new Ends(0).start(loops);
        Ends other = new Ends(0).start(loops)) {
      broken.clientSide.defect = new StackOverflowError("an owner's");
      broken.tunnel().close("told to");
      assertThat(broken.ended.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("told to");
      assertThat(broken.backendSide.closes).hasValue(1);
      for (int i = 0; i < 20; i++) { // On whichever loop.
        try (Ends next = new Ends(0).start(loops)) {
          echoOnce(next);
        }
      }
      echoOnce(other);
    }
  }

  /** As that of an application that Tomcat has stopped may. */
  @Test
  void survivesALogThatFails() throws Exception {
    PrintStream before = System.err;
    try (Ends broken = new Ends(0).start(loops)) {
      System.setErr(
          new PrintStream(OutputStream.nullOutputStream()) {
            @Override
            public void println(@Nullable String line) {
              throw new StackOverflowError("the log's");
            }
          });
      broken.clientSide.defect = new StackOverflowError("an owner's");
      broken.tunnel().close("told to");
      assertThat(broken.ended.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("told to");
      assertThat(broken.backendSide.closes).hasValue(1);
      CountDownLatch alive = new CountDownLatch(1);
      assertThat(broken.tunnel().loop().submit(alive::countDown)).isTrue();
      assertThat(alive.await(5, TimeUnit.SECONDS)).isTrue();
    } finally {
      System.setErr(before);
    }
  }

  @Test
  void givesATunnelToALoopThatRuns() throws Exception {
    assumeThat(Runtime.getRuntime().availableProcessors()).isGreaterThan(1);
    try (Ends first = new Ends(0).start(loops)) {
      first.tunnel().loop().close();
      assertThat(first.ended.poll(5, TimeUnit.SECONDS)).isNotNull();
      try (Ends next = new Ends(0).start(loops)) {
        echoOnce(next);
      }
    }
  }

  @Test
  void leavesNoLoopBehindWhereAThreadCannotBeStarted() throws Exception {
    await("no other loop runs", () -> threads() == loopCount());
    long before = descriptors();
    List<Thread> made = new ArrayList<>();
    assertThatThrownBy(
            () ->
                TunnelLoops.startAll(
                    loop -> {
                      Thread thread =
                          new Thread(loop) {
                            @Override
                            public synchronized void start() {
                              if (made.size() == loopCount()) {
                                throw new OutOfMemoryError("unable to create native thread");
                              }
                              super.start();
                            }
                          };
                      made.add(thread);
                      return thread;
                    }))
        .isInstanceOf(OutOfMemoryError.class);
    assertThat(made).hasSize(loopCount());
    for (Thread thread : made) {
      thread.join();
    }
    await("the selectors are closed", () -> descriptors() <= before);
  }

  private static int loopCount() {
    return Runtime.getRuntime().availableProcessors();
  }

  /** Has the loop find out about what happens meanwhile by a goodbye, and not by its selector. */
  private static String causeOfGoodbyeAfter(Ends ends, Broken happens) throws Exception {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, US_ASCII));
    try {
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch happened = new CountDownLatch(1);
      TunnelLoop loop = ends.tunnel().loop();
      loop.submit(
          () -> {
            begun.countDown();
            try {
              happened.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      begun.await();
      happens.to(ends);
      ends.tunnel().goAway("enough");
      CountDownLatch told = new CountDownLatch(1);
      loop.submit(told::countDown);
      happened.countDown();
      told.await();
      assertThat(ends.ended).hasSize(1); // Before any time has passed.
      assertThat(log.toString(US_ASCII)).isEmpty();
      return ends.ended.take().cause();
    } finally {
      System.setErr(before);
    }
  }

  /** What happens to one end of a tunnel. */
  private interface Broken {
    void to(Ends ends) throws IOException;
  }

  @Test
  void endsQuietlyWhereAGoodbyeFindsASocketGone() throws Exception {
    List<Broken> ways =
        List.of(
            ends -> Ends.reset(ends.client),
            ends -> Ends.reset(ends.backend),
            ends -> ends.clientSide.channel().close(),
            ends -> ends.backendSide.channel().close());
    for (Broken way : ways) {
      try (Ends ends = Ends.ofFrames(0).start(loops)) {
        assertThat(causeOfGoodbyeAfter(ends, way)).isEqualTo("enough");
        assertThat(ends.clientSide.closes).hasValue(1);
        assertThat(ends.backendSide.closes).hasValue(1);
      }
    }
  }

  @Test
  void noticesASocketThatItsContainerClosed() throws Exception {
    try (Ends ends = new Ends(0).start(loops)) {
      echoOnce(ends);
      ends.clientSide.channel().close();
      ends.tunnel().close("the container closed it");
      assertThat(ends.ended.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("the container closed it");
      assertThat(Ends.read(ends.backend, 1)).isEmpty();
    }
  }

  @Test
  void endsOnceWhereItIsClosedBeforeItsStart() throws Exception {
    try (Ends ends = new Ends(0).closeThenStart(loops, "the container closed it")) {
      assertThat(Ends.read(ends.backend, 1)).isEmpty();
      assertThat(Ends.read(ends.client, 1)).isEmpty();
      assertThat(ends.ended.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("the container closed it");
      try (Ends next = new Ends(0).start(loops)) { // After it, on whichever loop.
        echoOnce(next);
      }
      assertThat(ends.ended).isEmpty();
      assertThat(ends.clientSide.closes).hasValue(1);
      assertThat(ends.backendSide.closes).hasValue(1);
    }
  }

  @Test
  void carriesBytesUnderTimesThatNeverPass() throws Exception {
    Duration ever = Duration.ofSeconds(Long.MAX_VALUE);
    try (Ends ends = new Ends(0).start(loops, new TunnelRules(ever, ever, ever))) {
      echoOnce(ends);
      assertThat(ends.ended).isEmpty();
    }
  }

  @Test
  void endsEveryTunnelWithTheLastUserAndRefusesNewOnes() throws Exception {
    TunnelLoops second = TunnelLoops.open();
    try (Ends ends = new Ends(0).start(second);
        Ends late = new Ends(0)) {
      echoOnce(ends);
      second.close();
      echoOnce(ends); // The other user's loops go on.
      loops.close();
      assertThat(ends.ended.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("the proxy shuts down");
      assertThat(threads()).isZero(); // They are waited for.
      late.start(loops);
      assertThat(late.ended.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("the proxy shuts down");
      assertThat(late.clientSide.closes).hasValue(1);
      assertThat(late.backendSide.closes).hasValue(1);
    }
  }

  @Test
  void leavesNoDescriptorBehindAfterThousandsOfEnds() throws Exception {
    try (Ends warm = new Ends(0).start(loops)) {
      echoOnce(warm);
    }
    await("the first has gone", () -> true);
    long before = descriptors();
    Random random = new Random(1);
    for (int i = 0; i < 2_500; i++) {
      try (Ends ends = new Ends(0).start(loops)) {
        if (random.nextInt(4) == 0) {
          echoOnce(ends);
        }
        switch (i % 5) {
          case 0 -> Ends.reset(ends.client);
          case 1 -> Ends.reset(ends.backend);
          case 2 -> ends.close();
          case 3 -> ends.tunnel().close("told to");
          default -> {
            ends.clientSide.channel().close();
            ends.tunnel().close("the container closed it");
          }
        }
        assertThat(ends.ended.poll(10, TimeUnit.SECONDS)).isNotNull();
      }
    }
    await("descriptors are freed", () -> descriptors() <= before + 2);
  }

  private static void echoOnce(Ends ends) throws IOException {
    Ends.write(ends.client, bytes("ping"));
    assertThat(text(Ends.read(ends.backend, 4))).isEqualTo("ping");
    Ends.write(ends.backend, bytes("pong"));
    assertThat(text(Ends.read(ends.client, 4))).isEqualTo("pong");
  }

  private static long descriptors() {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("culvert-tunnel-"))
        .count();
  }

  private static void await(String what, BooleanSupplier happened) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!happened.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not in 20 s: " + what);
      }
      Thread.onSpinWait();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(US_ASCII);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, US_ASCII);
  }
}
