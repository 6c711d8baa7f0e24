package org.culvert.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code proxy_websocket tunnel} for streams of HTTP/2 (RFC 8441). */
@Timeout(60)
class TunnelOverHttp2Test {
  private static Server jetty(TestOrigin origin) throws Exception {
    return RelayOverHttp2Test.jetty(
        "location / { proxy_pass http://127.0.0.1:%d; proxy_websocket tunnel; }"
            .formatted(origin.address().getPort()));
  }

  private static int port(Server server) {
    return ((ServerConnector) server.getConnectors()[0]).getLocalPort();
  }

  /** What a test does with a proxy in front of a backend. */
  private interface Doing {
    void with(Http2Client client, TestOrigin origin) throws Exception;
  }

  private static void proxied(TestOrigin.Script backend, Doing doing) throws Exception {
    try (TestOrigin origin = new TestOrigin(backend)) {
      Server server = jetty(origin);
      try (Http2Client client = new Http2Client(port(server))) {
        doing.with(client, origin);
      } finally {
        server.stop();
      }
    }
  }

  /** The proxy makes the key; the rest is between client and backend, compression too. */
  @Test
  void bridgesAStreamWithItsExtensionAndSubprotocol() throws Exception {
    TestOrigin.Script backend =
        talk -> {
          String head = talk.head();
          talk.send(
              Wire.switching(head)
                  .replace(
                      "\r\n\r\n",
                      "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
                          + "Sec-WebSocket-Protocol: b\r\nX-Mine: 1\r\n\r\n"));
          talk.out.write(talk.in.readNBytes(11)[0] & 0xff);
          talk.out.write(new byte[] {1, 'z'});
          Wire.echo().run(new Wire(talk.in, talk.out, false), talk);
        };
    proxied(
        backend,
        (client, origin) -> {
          try (Http2Client.WebSocket socket =
              client.open(
                  "sec-websocket-extensions: permessage-deflate; client_max_window_bits",
                  "sec-websocket-protocol: a, b")) {
            assertThat(socket.status()).isEqualTo(200);
            var fields = socket.head.get().getHttpFields();
            assertThat(fields.get("sec-websocket-extensions")).isEqualTo("permessage-deflate");
            assertThat(fields.get("sec-websocket-protocol")).isEqualTo("b");
            assertThat(fields.get("x-mine")).isEqualTo("1");
            assertThat(fields.contains("sec-websocket-accept")).isFalse();
            assertThat(fields.contains("upgrade")).isFalse();
            String asked = origin.heads.take();
            assertThat(asked)
                .startsWith("GET /chat HTTP/1.1\r\n")
                .contains("Upgrade: websocket\r\n", "Connection: Upgrade\r\n")
                .contains("permessage-deflate; client_max_window_bits");
            assertThat(Wire.field(asked, "Sec-WebSocket-Key")).hasSize(24);
            byte[] compressed = Wire.frame(Wire.TEXT, true, "hello".getBytes(UTF_8), true);
            compressed[0] = (byte) 0xc1;
            socket.send(compressed, false);
            assertThat(socket.wire.read().text()).isEqualTo("z");
            socket.wire.text("plain");
            socket.flush();
            assertThat(socket.wire.message().text()).isEqualTo("plain");
            socket.wire.close(4321, "bye");
            socket.flush();
            assertThat(socket.wire.message().code()).isEqualTo(4321);
            assertThat(socket.wire.ended()).isTrue();
          }
        });
  }

  @Test
  void carriesBigMessagesAndManyOfThemOnManyStreams() throws Exception {
    proxied(
        Wire.backend(Wire.echo()),
        (client, origin) -> {
          byte[] big = new byte[3 << 20];
          new Random(5).nextBytes(big);
          for (int i = 0; i < 5; i++) {
            try (Http2Client.WebSocket socket = client.open()) {
              assertThat(socket.status()).isEqualTo(200);
              Thread sender =
                  new Thread(
                      () -> {
                        try {
                          socket.send(Wire.frame(Wire.BINARY, true, big, true), false);
                        } catch (Exception e) {
                          throw new IllegalStateException(e);
                        }
                      });
              sender.start();
              assertThat(socket.wire.message().payload()).isEqualTo(big);
              sender.join();
              for (int message = 0; message < 300; message++) {
                socket.wire.text("message " + message);
                socket.flush();
              }
              for (int message = 0; message < 300; message++) {
                assertThat(socket.wire.message().text()).isEqualTo("message " + message);
              }
            }
          }
        });
  }

  /** END_STREAM is passed on, and the answer comes still. */
  @Test
  void passesAHalfCloseOnInBothDirections() throws Exception {
    TestOrigin.Script backend =
        talk -> {
          talk.send(Wire.switching(talk.head()));
          byte[] all = talk.in.readAllBytes();
          new Wire(talk.in, talk.out, false).send(Wire.BINARY, true, all);
        };
    proxied(
        backend,
        (client, origin) -> {
          try (Http2Client.WebSocket socket = client.open()) {
            assertThat(socket.status()).isEqualTo(200);
            byte[] asked = Wire.frame(Wire.BINARY, true, new byte[100_000], true);
            socket.send(asked, true);
            assertThat(socket.wire.read().payload()).isEqualTo(asked);
            assertThat(socket.wire.ended()).isTrue();
            assertThat(origin.ends.poll(10, TimeUnit.SECONDS)).isEqualTo("returned");
            assertThat(socket.reset).isNotDone();
          }
        });
  }

  @Test
  void endsTheBackendWhenTheStreamIsReset() throws Exception {
    proxied(
        Wire.backend(Wire.echo()),
        (client, origin) -> {
          try (Http2Client.WebSocket socket = client.open()) {
            socket.wire.text("x");
            socket.flush();
            assertThat(socket.wire.message().text()).isEqualTo("x");
            socket.reset();
            assertThat(origin.ends.poll(10, TimeUnit.SECONDS)).isNotNull();
          }
          try (Http2Client.WebSocket next = client.open()) { // The connection goes on.
            next.wire.text("y");
            next.flush();
            assertThat(next.wire.message().text()).isEqualTo("y");
          }
        });
  }

  /** RFC 8441, section 5: what a TCP reset is there. */
  @Test
  void resetsTheStreamWhenTheBackendBreaksOff() throws Exception {
    TestOrigin.Script backend =
        Wire.backend(
            (wire, talk) -> {
              wire.read();
              talk.reset();
            });
    proxied(
        backend,
        (client, origin) -> {
          try (Http2Client.WebSocket socket = client.open()) {
            socket.wire.text("x");
            socket.flush();
            assertThat(socket.wire.ended()).isTrue();
            assertThat(socket.reset.get(10, TimeUnit.SECONDS))
                .isEqualTo(ErrorCode.CANCEL_STREAM_ERROR.code);
          }
        });
  }

  /** What a backend sends to who does not read waits in windows and buffers of sockets alone. */
  @Test
  void holdsABackendBackWhoseClientStopsReading() throws Exception {
    AtomicLong sent = new AtomicLong();
    int most = 200 << 20;
    byte[] message = new byte[64 << 10];
    Arrays.fill(message, (byte) 7);
    TestOrigin.Script backend =
        Wire.backend(
            (wire, talk) -> {
              while (sent.get() < most) {
                wire.send(Wire.BINARY, true, message);
                sent.addAndGet(message.length);
              }
            });
    proxied(
        backend,
        (client, origin) -> {
          try (Http2Client.WebSocket socket = client.open()) {
            assertThat(socket.status()).isEqualTo(200);
            long held = settled(sent);
            assertThat(held).isLessThan(64 << 20);
            for (long read = 0; read < held + (4 << 20); ) {
              byte[] payload = socket.wire.read().payload();
              assertThat(payload).isEqualTo(message);
              read += payload.length;
            }
            socket.reset();
          }
        });
  }

  /** The count when it has not moved for half a second. */
  private static long settled(AtomicLong count) throws InterruptedException {
    long before = -1;
    while (before != count.get() || before == 0) {
      before = count.get();
      Thread.sleep(500); // To see that nothing happens one has to wait.
    }
    return before;
  }

  @Test
  void holdsAStreamBackWhoseBackendStopsReading() throws Exception {
    BlockingQueue<String> go = new LinkedBlockingQueue<>();
    TestOrigin.Script backend =
        Wire.backend(
            (wire, talk) -> {
              go.take();
              Wire.echo().run(wire, talk);
            });
    proxied(
        backend,
        (client, origin) -> {
          try (Http2Client.WebSocket socket = client.open();
              Http2Client.WebSocket other = client.open()) {
            assertThat(socket.status()).isEqualTo(200);
            assertThat(other.status()).isEqualTo(200);
            AtomicLong sent = new AtomicLong();
            byte[] frame = Wire.frame(Wire.PONG, true, new byte[100], true);
            byte[] many = new byte[frame.length * 600];
            for (int i = 0; i < 600; i++) {
              System.arraycopy(frame, 0, many, i * frame.length, frame.length);
            }
            int pieces = 600;
            Thread sender =
                new Thread(
                    () -> {
                      try {
                        for (int i = 0; i < pieces; i++) {
                          socket.send(many, false);
                          sent.addAndGet(many.length);
                        }
                        socket.wire.text("done");
                        socket.flush();
                      } catch (Exception e) {
                        throw new IllegalStateException(e);
                      }
                    });
            sender.start();
            assertThat(settled(sent)).isLessThan((long) pieces * many.length);
            go.add("go");
            go.add("go");
            assertThat(socket.wire.message().text()).isEqualTo("done");
            sender.join();
          }
        });
  }

  @Test
  void saysGoodbyeWhenTheProxyStops() throws Exception {
    try (TestOrigin origin = new TestOrigin(Wire.backend(Wire.echo()))) {
      Server server = jetty(origin);
      try (Http2Client client = new Http2Client(port(server));
          Http2Client.WebSocket socket = client.open()) {
        socket.wire.text("x");
        socket.flush();
        assertThat(socket.wire.message().text()).isEqualTo("x");
        Thread stopping =
            new Thread(
                () -> {
                  try {
                    server.getHandler().stop();
                  } catch (Exception e) {
                    throw new IllegalStateException(e);
                  }
                });
        stopping.start();
        assertThat(socket.wire.read().code()).isEqualTo(1001);
        stopping.join();
      } finally {
        server.stop();
      }
    }
  }
}
