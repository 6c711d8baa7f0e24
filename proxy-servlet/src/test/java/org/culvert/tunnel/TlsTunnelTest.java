package org.culvert.tunnel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tunnels with TLS on both sides, with nothing of HTTP or a container around them. */
@Timeout(120)
class TlsTunnelTest {
  private final TunnelLoops loops = TunnelLoops.open();

  @AfterEach
  void leave() {
    loops.close();
  }

  private static void say(TlsEnds.Peer from, String text) throws IOException {
    from.socket.getOutputStream().write(text.getBytes(US_ASCII));
  }

  private static void hears(TlsEnds.Peer at, String text) throws IOException {
    byte[] heard = at.socket.getInputStream().readNBytes(text.length());
    assertThat(new String(heard, US_ASCII)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void carriesBytesBothWaysAndEachEndAfterThem(String protocol) throws Exception {
    try (TlsEnds ends = new TlsEnds(protocol, 0).start(loops)) {
      say(ends.client, "question");
      hears(ends.backend, "question");
      say(ends.backend, "answer");
      hears(ends.client, "answer");
      say(ends.client, "last");
      ends.client.socket.shutdownOutput();
      hears(ends.backend, "last");
      assertThat(ends.backend.socket.getInputStream().read()).isNegative();
      if (protocol.equals("TLSv1.3")) { // Before, who hears an end closes as well.
        say(ends.backend, "still here");
        hears(ends.client, "still here");
      }
      ends.backend.socket.shutdownOutput();
      assertThat(ends.client.socket.getInputStream().read()).isNegative();
      assertThat(ends.ended.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("the client closed");
      assertThat(ends.closes).hasValue(2);
    }
  }

  /** A record cut anywhere, or whole records, that the owner had read before. */
  @Test
  void beginsWithWhatItsOwnerHadNotDecrypted() throws Exception {
    for (int ahead : new int[] {1, 5, 20, 41, 42, 43, 100, 419, 420}) { // Of 420.
      try (TlsEnds ends = new TlsEnds("TLSv1.3", 0)) {
        for (int i = 0; i < 10; i++) {
          say(ends.client, "abc" + i);
        }
        ends.client.readsAhead(ahead);
        ends.start(loops);
        hears(ends.backend, "abc0abc1abc2abc3abc4abc5abc6abc7abc8abc9");
        say(ends.client, "more");
        hears(ends.backend, "more");
      }
    }
  }

  /** What was read ahead may hold the end, too. */
  @Test
  void noticesAnEndThatItsOwnerHadReadAhead() throws Exception {
    try (TlsEnds ends = new TlsEnds("TLSv1.3", 0)) {
      say(ends.client, "bye");
      ends.client.socket.shutdownOutput();
      ends.client.readsAhead(1000); // More than there is.
      ends.start(loops);
      hears(ends.backend, "bye");
      assertThat(ends.backend.socket.getInputStream().read()).isNegative();
    }
  }

  @Test
  void neverGivesOneTunnelsByteToAnother() throws Exception {
    int count = 200;
    int size = 40_000;
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    List<TlsEnds> all = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      TlsEnds ends = new TlsEnds("TLSv1.3", 4096);
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
    for (TlsEnds ends : all) {
      ends.close();
    }
    for (TlsEnds ends : all) {
      TunnelEnd end = ends.ended.poll(10, TimeUnit.SECONDS);
      if (end.toBackend() != size || end.toClient() != size) {
        wrong.add(end.toString());
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static void feed(TlsEnds.Peer from, byte tag, int size, Queue<String> wrong) {
    Random random = new Random(tag);
    int left = size;
    try {
      OutputStream out = from.socket.getOutputStream();
      while (left > 0) {
        byte[] piece = new byte[Math.min(left, 1 + random.nextInt(20_000))];
        Arrays.fill(piece, tag);
        out.write(piece);
        left -= piece.length;
      }
    } catch (IOException e) {
      wrong.add("sending " + tag + ": " + e);
    }
  }

  private static void check(TlsEnds.Peer at, byte tag, int size, Queue<String> wrong) {
    Random random = new Random(tag);
    int left = size;
    try {
      InputStream in = at.socket.getInputStream();
      while (left > 0) {
        byte[] piece = in.readNBytes(Math.min(left, 1 + random.nextInt(5_000)));
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
      }
    } catch (IOException e) {
      wrong.add("reading " + tag + ": " + e);
    }
  }

  /** TLS 1.3 may change its keys at any time; each change is answered. */
  @Test
  void goesOnWithNewKeys() throws Exception {
    try (TlsEnds ends = new TlsEnds("TLSv1.3", 0).start(loops)) {
      for (int i = 0; i < 5; i++) {
        ends.client.socket.startHandshake(); // A KeyUpdate that asks for another.
        say(ends.client, "up" + i);
        hears(ends.backend, "up" + i);
        ends.backend.socket.startHandshake();
        say(ends.backend, "down" + i);
        hears(ends.client, "down" + i);
      }
      assertThat(ends.ended).isEmpty();
    }
  }

  /** As nginx does. */
  @Test
  void endsATunnelWhosePeerRenegotiates() throws Exception {
    try (TlsEnds ends = new TlsEnds("TLSv1.2", 0).start(loops)) {
      say(ends.client, "x");
      hears(ends.backend, "x");
      new Thread(
              () -> {
                try {
                  ends.client.socket.startHandshake();
                } catch (IOException e) {
                  // It is refused.
                }
              })
          .start();
      assertThat(ends.ended.poll(10, TimeUnit.SECONDS).cause())
          .startsWith("the client broke off: the peer asks for a renegotiation");
    }
  }

  @Test
  void leavesNoDescriptorBehindAfterManyEnds() throws Exception {
    endsOfEveryKind(60);
  }

  @Test
  @Tag("long")
  @Timeout(300)
  void leavesNoDescriptorBehindAfterAThousandEnds() throws Exception {
    endsOfEveryKind(1000);
  }

  private void endsOfEveryKind(int count) throws Exception {
    for (int i = 0; i < 10; i++) {
      end(i); // What is loaded once.
    }
    long before = descriptors();
    for (int i = 0; i < count; i++) {
      end(i);
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (descriptors() > before + 4) {
      assertThat(System.nanoTime()).as("descriptors are freed in time").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private void end(int kind) throws Exception {
    try (TlsEnds ends = new TlsEnds("TLSv1.3", 0).start(loops)) {
      say(ends.client, "x");
      hears(ends.backend, "x");
      switch (kind % 4) {
        case 0 -> ends.client.reset();
        case 1 -> ends.backend.reset();
        case 2 -> {
          ends.client.socket.close();
          ends.backend.socket.close();
        }
        default -> {
          ends.client.bare.close(); // Without a word of TLS.
          ends.backend.bare.close();
        }
      }
      assertThat(ends.ended.poll(10, TimeUnit.SECONDS)).isNotNull();
      assertThat(ends.closes).hasValue(2);
    }
  }

  private static long descriptors() {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
