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
  @EnumSource(names = {"JETTY_TUNNEL", "TOMCAT_TUNNEL"})
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
  @EnumSource(names = {"JETTY_TUNNEL", "TOMCAT_TUNNEL"})
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

  /** Any bytes at all, in both directions at once. */
  @ParameterizedTest
  @EnumSource(names = {"JETTY_TUNNEL", "TOMCAT_TUNNEL"})
  void carriesBytesAsTheyAre(Way way) throws Exception {
    TestOrigin.Script echo =
        talk -> {
          talk.send(Wire.switching(talk.head()));
          byte[] piece = new byte[8192];
          int n;
          while ((n = talk.in.read(piece)) > 0) {
            talk.out.write(piece, 0, n);
          }
        };
    try (RelaySetup setup = new RelaySetup(way, echo);
        RelaySetup.Client client = setup.open()) {
      byte[] sent = new byte[8 << 20];
      new Random(7).nextBytes(sent);
      Thread sender =
          new Thread(
              () -> {
                try {
                  client.socket.getOutputStream().write(sent);
                  client.socket.shutdownOutput();
                } catch (java.io.IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      sender.start();
      assertThat(client.in.readAllBytes()).isEqualTo(sent);
      sender.join();
      assertThat(setup.proxy.ends.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("the client closed");
    }
  }

  /** Bytes behind the handshake's head on either side, many of them. */
  @ParameterizedTest
  @EnumSource(names = {"JETTY_TUNNEL", "TOMCAT_TUNNEL"})
  void keepsWhatCameEarlyInOrder(Way way) throws Exception {
    byte[] early = new byte[3000];
    new Random(3).nextBytes(early);
    TestOrigin.Script backend =
        talk -> {
          String head = talk.head();
          ByteArrayOutputStream all = new ByteArrayOutputStream();
          all.write(Wire.switching(head).getBytes(UTF_8));
          all.write(early);
          talk.out.write(all.toByteArray());
          talk.out.write(talk.in.readNBytes(early.length + 1));
        };
    try (RelaySetup setup = new RelaySetup(way, backend);
        RelaySetup.Client client = setup.connect()) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.write(RelaySetup.handshake().getBytes(UTF_8));
      all.write(early);
      client.socket.getOutputStream().write(all.toByteArray());
      assertThat(client.answer()).startsWith("HTTP/1.1 101");
      client.socket.getOutputStream().write('!');
      assertThat(client.in.readNBytes(early.length)).isEqualTo(early);
      assertThat(client.in.readNBytes(early.length)).isEqualTo(early);
      assertThat(client.in.read()).isEqualTo('!');
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_TUNNEL", "TOMCAT_TUNNEL"})
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
  @EnumSource(names = {"JETTY_TUNNEL", "TOMCAT_TUNNEL"})
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
  @EnumSource(names = {"JETTY_TUNNEL", "TOMCAT_TUNNEL"})
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
  @EnumSource(names = {"JETTY_TUNNEL", "TOMCAT_TUNNEL"})
  void goesOnInOneDirectionWhenTheOtherHasEnded(Way way) throws Exception {
    TestOrigin.Script backend =
        talk -> {
          talk.send(Wire.switching(talk.head()));
          byte[] all = talk.in.readAllBytes(); // To the client's end.
          talk.out.write(all);
        };
    try (RelaySetup setup = new RelaySetup(way, backend);
        RelaySetup.Client client = setup.open()) {
      client.send("what is the answer?");
      client.socket.shutdownOutput();
      assertThat(new String(client.in.readAllBytes(), UTF_8)).isEqualTo("what is the answer?");
      assertThat(setup.proxy.ends.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("the client closed");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_TUNNEL", "TOMCAT_TUNNEL"})
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
      client.send("x");
      client.socket.shutdownOutput();
      assertThat(client.wire.ended()).isTrue();
      assertThat(setup.proxy.ends.poll(5, TimeUnit.SECONDS).cause()).isEqualTo("the client closed");
      setup.relays(0);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_TUNNEL", "TOMCAT_TUNNEL"})
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
}
