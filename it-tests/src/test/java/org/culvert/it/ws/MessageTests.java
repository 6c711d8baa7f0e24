package org.culvert.it.ws;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
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
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What one side of an open WebSocket sends, the other gets: messages, closes, ends, pressure. These
 * hold however it is carried; what is a relay's or a tunnel's own is in the classes below this one.
 * Pressure, numbers and idle time are tried at {@code /} alone: no matter of the path.
 */
@ArquillianTest
abstract class MessageTests {
  private static final Origin ORIGIN = Origin.shared();
  private static final int MEGABYTE = 1024 * 1024;

  /** The close codes that a side may send (RFC 6455, section 7.4, and the registry). */
  static final int[] CODES = {
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999
  };

  /**
   * A location for everything, and {@code /idle/}, where a second without a byte is too long. That
   * ten bytes are the most that a request's body may have is no WebSocket's matter.
   */
  static String configuration(Mount mount, String mode) {
    return """
        http {
            log_format sockets "$uri $status $websocket_messages_in/$websocket_bytes_in"
                " $websocket_messages_out/$websocket_bytes_out $body_bytes_sent"
                " $websocket_close_code [$websocket_duration]";
            server {
                listen 80;
                access_log %3$s sockets;
                client_max_body_size 10;
                proxy_websocket %1$s;
                location / {
                    proxy_pass %2$s;
                }
                location /idle/ {
                    proxy_pass %2$s;
                    proxy_read_timeout 1s;
                }
            }
        }
        """
        .formatted(mode, ORIGIN.url(), log(mount, mode));
  }

  private static Path log(Mount mount, String mode) {
    return Running.work().resolve("sockets-" + mode + "-" + mount + ".log");
  }

  /** What {@code proxy_websocket} says. */
  abstract String mode();

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
                new Frame(false, 0, Frame.CONTINUATION, "two ".getBytes(StandardCharsets.UTF_8)),
                new Frame(true, 0, Frame.CONTINUATION, "three".getBytes(StandardCharsets.UTF_8)));
        assertThat(pair.end(!fromClient).readMessage()).isEqualTo(Frame.text("one two three"));
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
  void longTextStaysWholeWhereverItIsSplit(Mount mount) throws Exception {
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

  @Test
  @Timeout(60)
  void aMessageOfAHundredMegabytesPasses() throws Exception {
    try (Pair pair = Pair.open(Mount.ROOT, "/huge")) {
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
  void closeCodesPassBothWays(Mount mount) throws Exception {
    for (boolean fromClient : new boolean[] {true, false}) {
      for (int code : CODES) {
        assertCloses(mount, fromClient, Frame.close(code, "reason " + code));
      }
    }
  }

  /** That a Close passes as it is, that its answer does, and that the backend's end is all's. */
  static void assertCloses(Mount mount, boolean fromClient, Frame close) throws Exception {
    try (Pair pair = Pair.open(mount, "/close")) {
      pair.end(fromClient).send(close);
      assertThat(pair.end(!fromClient).read()).isEqualTo(close);
      pair.end(!fromClient).send(close);
      assertThat(pair.end(fromClient).read().opcode()).isEqualTo(Frame.CLOSE);
      pair.backend().close();
      assertThat(pair.client().readOrEnd()).isNull();
    }
  }

  @EveryMount
  void theLogCountsMessages(Mount mount) throws Exception {
    try (Pair pair = Pair.open(mount, "/logged")) {
      pair.client().send(Frame.text("hello"), Frame.binary(new byte[30]));
      pair.backend().readMessage();
      pair.backend().readMessage();
      pair.backend().send(Frame.text("good day"));
      pair.client().readMessage();
      pair.client().send(Frame.close(4000, "enough"));
      pair.backend().send(pair.backend().read());
      pair.client().read();
    }
    Path log = log(mount, mode());
    Pattern line =
        Pattern.compile("^/logged-\\d+ 101 2/35 1/8 8 4000 \\[\\d\\.\\d{3}]$", Pattern.MULTILINE);
    assertThat(
            Await.until(
                Duration.ofSeconds(10),
                () -> Files.exists(log) && line.matcher(Files.readString(log)).find()))
        .as("%s in %s", line, Files.readString(log))
        .isTrue();
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

  @Test
  @Timeout(60)
  void aSenderIsHeldBackByAReaderThatStops() throws Exception {
    for (boolean fromClient : new boolean[] {true, false}) {
      try (Pair pair = Pair.open(Mount.ROOT, "/held")) {
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

  @Test
  @Timeout(60)
  void aDeadSocketIsClosed() throws Exception {
    try (Pair pair = Pair.open(Mount.ROOT, "/idle/dead")) {
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

  @Test
  @Timeout(60)
  void aHundredStalledSocketsInEachDirectionDoNotDelayAPlainRequest() throws Exception {
    String plain = ORIGIN.on("/plain", Behaviour.answer(200, "ok"));
    List<Pair> pairs = new ArrayList<>();
    AtomicLong sent = new AtomicLong();
    try {
      for (int i = 0; i < 100; i++) {
        pairs.add(Pair.open(Mount.ROOT, "/stalled"));
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
              assertAnswersWithinASecond(plain);
            }
          });
    } finally {
      for (Pair pair : pairs) {
        pair.close();
      }
    }
  }

  private static void assertAnswersWithinASecond(String path) throws IOException {
    long start = System.nanoTime();
    try (RawClient client = new RawClient(Running.port())) {
      assertThat(client.request("GET " + path).answer().text()).isEqualTo("ok");
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

  @Test
  @Timeout(60)
  void manySocketsTalkAtOnce() throws Exception {
    String path = ORIGIN.on("/many", Behaviour.webSocket(Talk.ECHO));
    List<RawWebSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        sockets.add(RawWebSocket.open(Running.port(), path));
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
