package org.culvert.it.ws;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import org.culvert.it.Archives;
import org.culvert.it.Await;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.Talk;
import org.culvert.it.origin.Origin;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.RawClient;
import org.culvert.it.wire.RawWebSocket;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** What one side of an open WebSocket sends, the other gets: messages, closes, ends, pressure. */
@ArquillianTest
class RelayIT {
  private static final Origin ORIGIN = Origin.shared();
  private static final int MEGABYTE = 1024 * 1024;

  private static final String CONFIGURATION =
      """
      proxy_websocket relay;
      location / {
          proxy_pass %1$s;
      }
      location /idle/ {
          proxy_pass %1$s;
          proxy_read_timeout 1s;
      }
      """
          .formatted(ORIGIN.url());

  @Deployment(name = "root", testable = false)
  static WebArchive root() {
    return Archives.war(Mount.ROOT, CONFIGURATION);
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return Archives.war(Mount.APP, CONFIGURATION);
  }

  /** Both ends of one relayed WebSocket, each in the test's hands. */
  private record Pair(RawWebSocket client, RawWebSocket backend) implements AutoCloseable {
    static Pair open(Mount mount, String prefix) throws Exception {
      String path = ORIGIN.on(prefix, Behaviour.webSocket(Talk.HAND_OVER));
      RawWebSocket client = RawWebSocket.open(Running.port(), mount.path(path));
      return new Pair(client, ORIGIN.takeWebSocket(path));
    }

    RawWebSocket end(boolean fromClient) {
      return fromClient ? client : backend;
    }

    @Override
    public void close() throws IOException {
      client.close();
      backend.close();
    }
  }

  @EveryMount
  void messagesPassBothWays(Mount mount) throws Exception {
    try (Pair pair = Pair.open(mount, "/messages")) {
      for (boolean fromClient : new boolean[] {true, false}) {
        for (int size : new int[] {0, 1, 125, 126, 4096, 8192, 8193, 65535, 65536, 200_000}) {
          byte[] bytes = new byte[size];
          Arrays.fill(bytes, (byte) 'a');
          for (Frame frame :
              new Frame[] {Frame.binary(bytes), new Frame(true, 0, Frame.TEXT, bytes)}) {
            pair.end(fromClient).send(frame);
            assertThat(pair.end(!fromClient).readMessage()).isEqualTo(frame);
          }
        }
      }
    }
  }

  @EveryMount
  void fragmentsPassAsOneMessage(Mount mount) throws Exception {
    try (Pair pair = Pair.open(mount, "/fragments")) {
      for (boolean fromClient : new boolean[] {true, false}) {
        pair.end(fromClient)
            .send(
                new Frame(false, 0, Frame.TEXT, "one ".getBytes(StandardCharsets.UTF_8)),
                new Frame(false, 0, Frame.CONTINUATION, new byte[0]),
                Frame.ping("between"),
                new Frame(false, 0, Frame.CONTINUATION, "two ".getBytes(StandardCharsets.UTF_8)),
                new Frame(true, 0, Frame.CONTINUATION, "three".getBytes(StandardCharsets.UTF_8)));
        assertThat(pair.end(!fromClient).readMessage()).isEqualTo(Frame.text("one two three"));
        Frame pong = pair.end(fromClient).read();
        assertThat(pong).isEqualTo(Frame.pong("between".getBytes(StandardCharsets.UTF_8)));
      }
    }
  }

  @EveryMount
  void aFragmentPassesBeforeItsMessageEnds(Mount mount) throws Exception {
    try (Pair pair = Pair.open(mount, "/streams")) {
      for (boolean fromClient : new boolean[] {true, false}) {
        pair.end(fromClient).send(new Frame(false, 0, Frame.BINARY, new byte[20_000]));
        int got = 0;
        RawWebSocket other = pair.end(!fromClient);
        while (got < 10_000) { // what is held back at most is a buffer
          Frame piece = other.readData();
          assertThat(piece.fin()).isFalse();
          got += piece.payload().length;
        }
        pair.end(fromClient).send(new Frame(true, 0, Frame.CONTINUATION, new byte[5]));
        Frame piece;
        do {
          piece = other.readData();
          got += piece.payload().length;
        } while (!piece.fin());
        assertThat(got).isEqualTo(20_005);
      }
    }
  }

  @EveryMount
  void textMayBeSplitWithinACharacter(Mount mount) throws Exception {
    String text = "aé€😀z".repeat(20);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (Pair pair = Pair.open(mount, "/utf8")) {
      for (boolean fromClient : new boolean[] {true, false}) {
        for (int size : new int[] {1, 2, 3, 5, 7}) {
          List<Frame> frames = new ArrayList<>();
          for (int i = 0; i < bytes.length; i += size) {
            int end = Math.min(bytes.length, i + size);
            frames.add(
                new Frame(
                    end == bytes.length,
                    0,
                    i == 0 ? Frame.TEXT : Frame.CONTINUATION,
                    Arrays.copyOfRange(bytes, i, end)));
          }
          pair.end(fromClient).send(frames.toArray(Frame[]::new));
          assertThat(pair.end(!fromClient).readMessage()).isEqualTo(Frame.text(text));
        }
      }
    }
  }

  @EveryMount
  void longTextSplitAnywhereByTheRelayStaysWhole(Mount mount) throws Exception {
    // three bytes a character: 4 KiB and 8 KiB buffers end within one
    String text = "€".repeat(30_000);
    try (Pair pair = Pair.open(mount, "/long-text")) {
      for (boolean fromClient : new boolean[] {true, false}) {
        for (String shift : new String[] {"", "a", "ab"}) {
          pair.end(fromClient).send(Frame.text(shift + text));
          assertThat(pair.end(!fromClient).readMessage()).isEqualTo(Frame.text(shift + text));
        }
      }
    }
  }

  @EveryMount
  void aMessageOfAHundredMegabytesPasses(Mount mount) throws Exception {
    try (Pair pair = Pair.open(mount, "/huge")) {
      byte[] piece = new byte[MEGABYTE];
      Arrays.fill(piece, (byte) 7);
      CRC32 expected = new CRC32();
      for (int i = 0; i < 100; i++) {
        expected.update(piece);
      }
      Thread sender =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < 100; i++) {
                    pair.client()
                        .send(
                            new Frame(
                                i == 99, 0, i == 0 ? Frame.BINARY : Frame.CONTINUATION, piece));
                  }
                } catch (IOException e) {
                  // the reader will miss it
                }
              });
      sender.start();
      CRC32 crc = new CRC32();
      long length = 0;
      Frame frame;
      do {
        frame = pair.backend().readData();
        crc.update(frame.payload());
        length += frame.payload().length;
      } while (!frame.fin());
      assertThat(length).isEqualTo(100L * MEGABYTE);
      assertThat(crc.getValue()).isEqualTo(expected.getValue());
      sender.join();
    }
  }

  @EveryMount
  void pingsAreAnsweredByTheHopThatGotThem(Mount mount) throws Exception {
    try (Pair pair = Pair.open(mount, "/pings")) {
      for (boolean fromClient : new boolean[] {true, false}) {
        RawWebSocket end = pair.end(fromClient);
        assertThat(end.send(Frame.ping("are you there")).read())
            .isEqualTo(Frame.pong("are you there".getBytes(StandardCharsets.UTF_8)));
        end.send(Frame.pong("unasked".getBytes(StandardCharsets.UTF_8)));
        end.send(Frame.text("after"));
        assertThat(pair.end(!fromClient).readMessage()).isEqualTo(Frame.text("after"));
      }
    }
  }

  @EveryMount
  void closeCodesPassFromTheBackend(Mount mount) throws Exception {
    for (int code : codes()) {
      try (Pair pair = Pair.open(mount, "/close")) {
        pair.backend().send(Frame.close(code, "reason " + code));
        Frame close = pair.client().read();
        assertThat(close).isEqualTo(Frame.close(code, "reason " + code));
        pair.client().send(close);
        assertThat(pair.client().readOrEnd()).isNull();
        assertThat(pair.backend().read().opcode()).isEqualTo(Frame.CLOSE);
      }
    }
  }

  @EveryMount
  void closeCodesPassFromTheClient(Mount mount) throws Exception {
    for (int code : codes()) {
      try (Pair pair = Pair.open(mount, "/close")) {
        pair.client().send(Frame.close(code, "reason " + code));
        Frame close = pair.backend().read();
        if (Running.isTomcat() && code >= 1012 && code <= 1014) {
          // Tomcat reports these of a client's as a protocol error, to the endpoint and the client
          assertThat(close.closeCode()).isEqualTo(1002);
        } else {
          assertThat(close).isEqualTo(Frame.close(code, "reason " + code));
        }
        pair.backend().send(close);
        assertThat(pair.client().read().opcode()).isEqualTo(Frame.CLOSE);
        assertThat(pair.client().readOrEnd()).isNull();
      }
    }
  }

  private static int[] codes() {
    return new int[] {
      1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999
    };
  }

  @EveryMount
  void aCloseWithoutACodeStaysOne(Mount mount) throws Exception {
    try (Pair pair = Pair.open(mount, "/empty-close")) {
      pair.backend().send(Frame.close());
      // Tomcat would write the reserved 1005 on the wire: there it becomes 1000
      assertThat(pair.client().read().closeCode()).isEqualTo(Running.isTomcat() ? 1000 : 1005);
    }
    try (Pair pair = Pair.open(mount, "/empty-close")) {
      pair.client().send(Frame.close());
      // Tomcat reports 1000 to the endpoint
      assertThat(pair.backend().read().closeCode()).isEqualTo(Running.isTomcat() ? 1000 : 1005);
    }
  }

  @EveryMount
  void anAbnormalEndOfEitherSideEndsTheOtherWithinASecond(Mount mount) throws Exception {
    for (boolean ofTheClient : new boolean[] {true, false}) {
      for (boolean reset : new boolean[] {true, false}) {
        Await.atLeastOnce(() -> assertAnEndEndsTheOther(mount, ofTheClient, reset));
      }
    }
  }

  private static void assertAnEndEndsTheOther(Mount mount, boolean ofTheClient, boolean reset)
      throws Exception {
    try (Pair pair = Pair.open(mount, "/dies")) {
      pair.client().send(Frame.text("hello"));
      pair.backend().readMessage();
      if (reset) {
        pair.end(ofTheClient).reset();
      } else {
        pair.end(ofTheClient).close();
      }
      assertEndsWithinASecond(pair.end(!ofTheClient));
    }
  }

  /** The end within a second, with at most a Close that tells of it before. */
  private static void assertEndsWithinASecond(RawWebSocket socket) throws IOException {
    socket.wire().patience(Duration.ofMillis(1000));
    for (Frame frame = socket.readOrEnd(); frame != null; frame = socket.readOrEnd()) {
      assertThat(frame.opcode()).isEqualTo(Frame.CLOSE);
      assertThat(frame.closeCode()).isIn(1001, 1011, 1014);
    }
  }

  @EveryMount
  void brokenFramesEndBothSides(Mount mount) throws Exception {
    byte[][] broken = {
      {(byte) 0x83, (byte) 0x80, 0, 0, 0, 0}, // a reserved opcode
      {(byte) 0xF1, (byte) 0x80, 0, 0, 0, 0}, // reserved bits
      {(byte) 0x80, (byte) 0x80, 0, 0, 0, 0}, // a continuation of nothing
      {(byte) 0x81, 1, 'x'}, // unmasked
      {(byte) 0x81, (byte) 0x81, 0, 0, 0, 0, (byte) 0xFF}, // not UTF-8
    };
    for (byte[] bytes : broken) {
      try (Pair pair = Pair.open(mount, "/broken")) {
        pair.client().wire().send(bytes);
        Frame close = pair.client().read();
        assertThat(close.opcode()).as(Arrays.toString(bytes)).isEqualTo(Frame.CLOSE);
        assertThat(close.closeCode()).isIn(1002, 1007);
        pair.backend().wire().patience(Duration.ofSeconds(2));
        Frame told = pair.backend().readOrEnd();
        assertThat(told == null || told.opcode() == Frame.CLOSE || told.payload().length == 0)
            .as("the backend got " + told)
            .isTrue();
      }
    }
  }

  @EveryMount
  void aSenderIsHeldBackByAReaderThatStops(Mount mount) throws Exception {
    for (boolean fromClient : new boolean[] {true, false}) {
      try (Pair pair = Pair.open(mount, "/held")) {
        AtomicLong sent = new AtomicLong();
        RawWebSocket end = pair.end(fromClient);
        Thread sender =
            new Thread(
                () -> {
                  try {
                    byte[] piece = new byte[64 * 1024];
                    while (true) {
                      end.send(Frame.binary(piece));
                      sent.addAndGet(piece.length);
                    }
                  } catch (IOException over) {
                    // the end
                  }
                });
        sender.setDaemon(true);
        sender.start();
        long last = -1;
        while (last != sent.get()) {
          last = sent.get();
          Thread.sleep(400);
        }
        assertThat(sent.get()).isLessThan(64L * MEGABYTE);
        long before = sent.get();
        for (long read = 0; read < before + 8 * MEGABYTE; ) {
          read += pair.end(!fromClient).readMessage().payload().length;
        }
        assertThat(sent.get()).isGreaterThan(before);
        end.reset();
        sender.join(5000);
      }
    }
  }

  @EveryMount
  void anIdleSocketIsPingedAndLivesWhileThePeersAnswer(Mount mount) throws Exception {
    // the peers have half a second for their pongs
    Await.atLeastOnce(() -> assertPingedAndAlive(mount));
  }

  private static void assertPingedAndAlive(Mount mount) throws Exception {
    try (Pair pair = Pair.open(mount, "/idle/alive")) {
      long end = System.nanoTime() + Duration.ofMillis(2500).toNanos();
      int pings = 0;
      while (System.nanoTime() < end) {
        Frame frame = pair.client().read();
        assertThat(frame.opcode()).isEqualTo(Frame.PING);
        pair.client().send(Frame.pong(frame.payload()));
        pings++;
        Frame other = pair.backend().read();
        assertThat(other.opcode()).isEqualTo(Frame.PING);
        pair.backend().send(Frame.pong(other.payload()));
      }
      assertThat(pings).isBetween(3, 20);
      pair.client().send(Frame.text("still here"));
      assertThat(pair.backend().readMessage()).isEqualTo(Frame.text("still here"));
    }
  }

  @EveryMount
  void aDeadSocketIsClosed(Mount mount) throws Exception {
    try (Pair pair = Pair.open(mount, "/idle/dead")) {
      // neither side answers the pings
      for (RawWebSocket end : new RawWebSocket[] {pair.client(), pair.backend()}) {
        end.wire().patience(Duration.ofSeconds(4));
        for (Frame frame = end.readOrEnd(); frame != null; frame = end.readOrEnd()) {
          assertThat(frame.opcode()).isIn(Frame.PING, Frame.CLOSE);
          if (frame.opcode() == Frame.CLOSE) {
            end.send(frame);
          }
        }
      }
    }
  }

  @EveryMount
  void aHundredStalledSocketsInEachDirectionDoNotDelayAPlainRequest(Mount mount) throws Exception {
    String plain = ORIGIN.on("/plain", Behaviour.answer(200, "ok"));
    List<Pair> pairs = new ArrayList<>();
    AtomicLong sent = new AtomicLong();
    try {
      for (int i = 0; i < 100; i++) {
        pairs.add(Pair.open(mount, "/stalled"));
      }
      for (Pair pair : pairs) {
        for (boolean fromClient : new boolean[] {true, false}) {
          Thread sender = new Thread(() -> fill(pair.end(fromClient), sent));
          sender.setDaemon(true);
          sender.start();
        }
      }
      long last = -1;
      while (last != sent.get()) { // until every buffer is full: stalled, not busy
        last = sent.get();
        Thread.sleep(500);
      }
      Await.atLeastOnce(
          () -> {
            for (int i = 0; i < 3; i++) {
              assertAnswersWithinASecond(mount, plain);
            }
          });
    } finally {
      for (Pair pair : pairs) {
        pair.close();
      }
    }
  }

  private static void assertAnswersWithinASecond(Mount mount, String path) throws IOException {
    long start = System.nanoTime();
    try (RawClient client = new RawClient(Running.port())) {
      assertThat(client.request("GET " + mount.path(path)).answer().text()).isEqualTo("ok");
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
  }

  private static void fill(RawWebSocket end, AtomicLong sent) {
    try {
      byte[] piece = new byte[32 * 1024];
      for (int i = 0; i < 1000; i++) {
        end.send(Frame.binary(piece));
        sent.addAndGet(piece.length);
      }
    } catch (IOException over) {
      // the end of the test
    }
  }

  @EveryMount
  void manySocketsTalkAtOnce(Mount mount) throws Exception {
    String path = ORIGIN.on("/many", Behaviour.webSocket(Talk.ECHO));
    List<RawWebSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        sockets.add(RawWebSocket.open(Running.port(), mount.path(path)));
      }
      for (int round = 0; round < 3; round++) {
        for (RawWebSocket socket : sockets) {
          socket.send(Frame.text("round " + round));
        }
        for (RawWebSocket socket : sockets) {
          assertThat(socket.readMessage()).isEqualTo(Frame.text("round " + round));
        }
      }
      for (RawWebSocket socket : sockets) {
        socket.shut();
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        socket.wire().drain(rest);
        assertThat(rest.size()).isZero();
      }
    } finally {
      for (RawWebSocket socket : sockets) {
        socket.close();
      }
    }
  }
}
