package org.culvert.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.culvert.servlet.RelaySetup.Way;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code proxy_websocket tunnel}: what only a tunnel does, raw sockets on both sides. */
@Timeout(60)
class TunnelUpgradeTest {
  @ParameterizedTest
  @EnumSource(names = ".*_TUNNEL.*", mode = EnumSource.Mode.MATCH_ALL)
  void givesTheClientTheBackendsOwnHandshake(Way way) throws Exception {
    TestOrigin.Script backend =
        talk -> {
          String head = talk.head();
          talk.send(
              Wire.switching(head)
                  .replace(
                      "\r\n\r\n",
                      "\r\nSec-WebSocket-Extensions: permessage-deflate\r\nX-Mine: 1\r\n\r\n"));
          talk.in.read();
        };
    try (RelaySetup setup = new RelaySetup(way, backend);
        RelaySetup.Client client =
            setup.open("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")) {
      assertThat(client.head)
          .contains("permessage-deflate", "X-Mine: 1")
          .containsIgnoringCase("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
          .containsIgnoringCase("Connection: Upgrade") // Tomcat adds keep-alive.
          .containsIgnoringCase("Upgrade: websocket\r\n");
      String asked = setup.origin.heads.take();
      assertThat(asked)
          .contains("Sec-WebSocket-Key: " + RelaySetup.KEY)
          .contains("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits");
      assertThat(setup.proxy.tunnel.count()).isEqualTo(1);
      assertThat(setup.proxy.jakarta.count()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(names = ".*_TUNNEL.*", mode = EnumSource.Mode.MATCH_ALL)
  void refusesAnExtensionThatWasNotOffered(Way way) throws Exception {
    TestOrigin.Script backend =
        talk -> {
          String head = talk.head();
          talk.send(
              Wire.switching(head).replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x\r\n\r\n"));
          talk.in.read();
        };
    try (RelaySetup setup = new RelaySetup(way, backend);
        RelaySetup.Client client = setup.connect()) {
      client.send(RelaySetup.handshake());
      assertThat(client.answer()).startsWith("HTTP/1.1 502");
    }
  }

  /** A message of any size, byte for byte. */
  @ParameterizedTest
  @EnumSource(names = ".*_TUNNEL.*", mode = EnumSource.Mode.MATCH_ALL)
  void carriesBytesAsTheyAre(Way way) throws Exception {
    try (RelaySetup setup = new RelaySetup(way, Wire.backend(Wire.echo()));
        RelaySetup.Client client = setup.open()) {
      byte[] sent = new byte[8 << 20];
      new Random(7).nextBytes(sent);
      Thread sender =
          new Thread(
              () -> {
                try {
                  client.wire.send(Wire.BINARY, true, sent);
                  client.socket.shutdownOutput();
                } catch (java.io.IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      sender.start();
      assertThat(client.in.readAllBytes()).isEqualTo(Wire.frame(Wire.BINARY, true, sent, false));
      sender.join();
      assertThat(setup.proxy.ends.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("the client closed");
    }
  }

  /** Bytes behind the handshake's head on either side, many of them. */
  @ParameterizedTest
  @EnumSource(names = ".*_TUNNEL.*", mode = EnumSource.Mode.MATCH_ALL)
  void keepsWhatCameEarlyInOrder(Way way) throws Exception {
    byte[] random = new byte[3000];
    new Random(3).nextBytes(random);
    byte[] up = Wire.frame(Wire.BINARY, true, random, true);
    byte[] down = Wire.frame(Wire.BINARY, true, random, false);
    TestOrigin.Script backend =
        talk -> {
          String head = talk.head();
          ByteArrayOutputStream all = new ByteArrayOutputStream();
          all.write(Wire.switching(head).getBytes(UTF_8));
          all.write(down);
          talk.out.write(all.toByteArray());
          Wire wire = new Wire(talk.in, talk.out, false);
          wire.send(Wire.BINARY, true, talk.in.readNBytes(up.length));
          wire.send(Wire.BINARY, true, wire.read().payload());
        };
    try (RelaySetup setup = new RelaySetup(way, backend);
        RelaySetup.Client client = setup.connect()) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.write(RelaySetup.handshake().getBytes(UTF_8));
      all.write(up);
      client.socket.getOutputStream().write(all.toByteArray());
      assertThat(client.answer()).startsWith("HTTP/1.1 101");
      client.wire.text("late");
      assertThat(client.wire.read().payload()).isEqualTo(random);
      assertThat(client.wire.read().payload()).isEqualTo(up);
      assertThat(client.wire.read().text()).isEqualTo("late");
    }
  }

  /** Each in a record of its own with TLS, and all of them on the wire before the answer. */
  @ParameterizedTest
  @EnumSource(names = ".*_TUNNEL.*", mode = EnumSource.Mode.MATCH_ALL)
  void keepsManyFramesThatCameBeforeTheAnswer(Way way) throws Exception {
    CountDownLatch sent = new CountDownLatch(1);
    TestOrigin.Script backend =
        talk -> {
          String head = talk.head();
          sent.await();
          talk.send(Wire.switching(head));
          Wire.echo().run(new Wire(talk.in, talk.out, false), talk);
        };
    try (RelaySetup setup = new RelaySetup(way, backend);
        RelaySetup.Client client = setup.connect()) {
      client.send(RelaySetup.handshake());
      for (int i = 0; i < 300; i++) {
        client.wire.text("frame " + i + " ".repeat(i));
      }
      sent.countDown();
      assertThat(client.answer()).startsWith("HTTP/1.1 101");
      for (int i = 0; i < 300; i++) {
        assertThat(client.wire.read().text()).isEqualTo("frame " + i + " ".repeat(i));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = ".*_TUNNEL.*", mode = EnumSource.Mode.MATCH_ALL)
  void passesPingsAndClosesWithCodesOfAnyKind(Way way) throws Exception {
    TestOrigin.Script backend =
        Wire.backend(
            (wire, talk) -> {
              Wire.Frame ping = wire.read();
              wire.send(ping.opcode(), ping.fin(), ping.payload());
              wire.send(Wire.CLOSE, true, new byte[] {3, (byte) 0xee}); // 1006
              talk.in.read();
            });
    try (RelaySetup setup = new RelaySetup(way, backend);
        RelaySetup.Client client = setup.open()) {
      client.wire.send(Wire.PING, true, new byte[] {1, 2, 3});
      assertThat(client.wire.read().toString()).isEqualTo("9!3");
      assertThat(client.wire.read().code()).isEqualTo(1006);
    }
  }

  /** Tells of each frame that the backend got, and says nothing. */
  private static TestOrigin.Script listening(BlockingQueue<Wire.Frame> got) {
    return Wire.backend(
        (wire, talk) -> {
          while (true) {
            got.add(wire.read());
          }
        });
  }

  @ParameterizedTest
  @EnumSource(names = ".*_TUNNEL.*", mode = EnumSource.Mode.MATCH_ALL)
  void closesBothSidesWhenNobodySaysAnything(Way way) throws Exception {
    BlockingQueue<Wire.Frame> got = new LinkedBlockingQueue<>();
    try (RelaySetup setup =
            new RelaySetup(way, listening(got), Duration.ofMillis(600), Duration.ofSeconds(5), 50);
        RelaySetup.Client client = setup.open()) {
      assertThat(client.wire.read().code()).isEqualTo(1001);
      assertThat(client.wire.ended()).isTrue();
      assertThat(got.poll(5, TimeUnit.SECONDS).code()).isEqualTo(1001);
      assertThat(setup.proxy.ends.poll(5, TimeUnit.SECONDS).cause())
          .isEqualTo("no byte for 600 ms");
      assertThat(setup.origin.ends.poll(5, TimeUnit.SECONDS)).isNotNull();
      setup.relays(0);
    }
  }

  @ParameterizedTest
  @EnumSource(names = ".*_TUNNEL.*", mode = EnumSource.Mode.MATCH_ALL)
  void closesBothSidesWhenTheProxyStops(Way way) throws Exception {
    BlockingQueue<Wire.Frame> got = new LinkedBlockingQueue<>();
    try (RelaySetup setup = new RelaySetup(way, listening(got));
        RelaySetup.Client client = setup.open()) {
      client.wire.text("x");
      assertThat(got.poll(5, TimeUnit.SECONDS).text()).isEqualTo("x");
      setup.proxy.tunnel.close();
      assertThat(client.wire.read().code()).isEqualTo(1001);
      assertThat(client.wire.ended()).isTrue();
      assertThat(got.poll(5, TimeUnit.SECONDS).code()).isEqualTo(1001);
      assertThat(setup.proxy.ends.poll(5, TimeUnit.SECONDS).cause())
          .isEqualTo("the proxy shuts down");
      assertThat(setup.proxy.count()).isZero();
    }
  }

  /** nginx closes both sides here. */
  @ParameterizedTest
  @EnumSource(names = ".*_TUNNEL.*", mode = EnumSource.Mode.MATCH_ALL)
  void goesOnInOneDirectionWhenTheOtherHasEnded(Way way) throws Exception {
    TestOrigin.Script backend =
        talk -> {
          talk.send(Wire.switching(talk.head()));
          byte[] all = talk.in.readAllBytes(); // To the client's end.
          new Wire(talk.in, talk.out, false).send(Wire.BINARY, true, all);
        };
    try (RelaySetup setup = new RelaySetup(way, backend);
        RelaySetup.Client client = setup.open()) {
      client.wire.text("what is the answer?");
      client.socket.shutdownOutput();
      byte[] asked = Wire.frame(Wire.TEXT, true, "what is the answer?".getBytes(UTF_8), true);
      assertThat(client.wire.read().payload()).isEqualTo(asked);
      assertThat(client.wire.ended()).isTrue();
      assertThat(setup.proxy.ends.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("the client closed");
    }
  }

  @ParameterizedTest
  @EnumSource(names = ".*_TUNNEL.*", mode = EnumSource.Mode.MATCH_ALL)
  void cutsAHalfClosedTunnelThatIsIdle(Way way) throws Exception {
    TestOrigin.Script backend =
        talk -> {
          talk.send(Wire.switching(talk.head()));
          while (talk.in.read() >= 0) {
            // To the end, and not a word then.
          }
          new CountDownLatch(1).await(20, TimeUnit.SECONDS); // It has forgotten its client.
        };
    try (RelaySetup setup =
            new RelaySetup(way, backend, Duration.ofMillis(600), Duration.ofSeconds(5), 50);
        RelaySetup.Client client = setup.open()) {
      client.wire.text("x");
      client.socket.shutdownOutput();
      assertThat(client.wire.ended()).isTrue();
      assertThat(setup.proxy.ends.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("the client closed");
      setup.relays(0);
    }
  }

  @ParameterizedTest
  @EnumSource(names = ".*_TUNNEL.*", mode = EnumSource.Mode.MATCH_ALL)
  void countsMessagesAndTellsHowItEnded(Way way) throws Exception {
    try (RelaySetup setup = new RelaySetup(way, Wire.backend(Wire.echo()));
        RelaySetup.Client client = setup.open()) {
      client.wire.text("hello");
      assertThat(client.wire.message().text()).isEqualTo("hello");
      client.wire.close(4321, "bye");
      assertThat(client.wire.message().code()).isEqualTo(4321);
      client.close();
      var end = setup.proxy.ends.poll(5, TimeUnit.SECONDS);
      assertThat(end.toBackend()).isEqualTo(5);
      assertThat(end.toClient()).isEqualTo(5);
      assertThat(end.messagesToBackend()).isEqualTo(1);
      assertThat(end.messagesToClient()).isEqualTo(1);
      assertThat(end.closeCode()).isEqualTo(4321);
      assertThat(end.cause()).isEqualTo("the client closed with 4321");
      setup.relays(0);
    }
  }

  private static byte[] of(int... octets) {
    byte[] bytes = new byte[octets.length];
    for (int i = 0; i < octets.length; i++) {
      bytes[i] = (byte) octets[i];
    }
    return bytes;
  }

  /** The client hears that it was wrong, the backend as from the relay that its peer was. */
  @ParameterizedTest
  @EnumSource(names = {"JETTY_TUNNEL", "TOMCAT_TUNNEL_TLS"})
  void closesBothSidesWhenAClientSendsWhatIsNoFrame(Way way) throws Exception {
    BlockingQueue<Wire.Frame> got = new LinkedBlockingQueue<>();
    try (RelaySetup setup = new RelaySetup(way, listening(got));
        RelaySetup.Client client = setup.open()) {
      client.wire.text("x");
      client.socket.getOutputStream().write(of(0x81, 1, 'y')); // Without a mask.
      assertThat(client.wire.read().code()).isEqualTo(1002);
      assertThat(client.wire.ended()).isTrue();
      assertThat(got.poll(5, TimeUnit.SECONDS).text()).isEqualTo("x");
      assertThat(got.poll(5, TimeUnit.SECONDS).code()).isEqualTo(1002);
      var end = setup.proxy.ends.poll(5, TimeUnit.SECONDS);
      assertThat(end.cause()).isEqualTo("the client sent a frame without a mask");
      assertThat(end.closeCode()).isEqualTo(1002);
      assertThat(end.messagesToBackend()).isEqualTo(1);
      setup.relays(0);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_TUNNEL", "TOMCAT_TUNNEL_TLS"})
  void closesBothSidesWhenABackendSendsWhatIsNoFrame(Way way) throws Exception {
    BlockingQueue<Wire.Frame> got = new LinkedBlockingQueue<>();
    TestOrigin.Script backend =
        Wire.backend(
            (wire, talk) -> {
              wire.text("x");
              talk.out.write(of(0xc1, 1, 'y')); // A reserved bit, and no extension.
              got.add(wire.read());
              talk.in.read();
            });
    try (RelaySetup setup = new RelaySetup(way, backend);
        RelaySetup.Client client = setup.open()) {
      assertThat(client.wire.read().text()).isEqualTo("x");
      assertThat(client.wire.read().code()).isEqualTo(1014);
      assertThat(client.wire.ended()).isTrue();
      assertThat(got.poll(5, TimeUnit.SECONDS).code()).isEqualTo(1002);
      assertThat(setup.proxy.ends.poll(5, TimeUnit.SECONDS).cause())
          .isEqualTo("the upstream sent a frame with reserved bits (0x40)");
    }
  }
}
