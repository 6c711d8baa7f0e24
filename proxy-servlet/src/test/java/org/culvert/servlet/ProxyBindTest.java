package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code proxy_bind} and {@code proxy_buffer_size}: how a backend is dialled and heard. */
@Timeout(60)
class ProxyBindTest {
  private static String ask(TestFront front, String target) throws IOException {
    try (RawClient client = new RawClient(front.port())) {
      return client.get(target).rest();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aConnectionHasTheAddressThatTheLocationSays(TestFront.Kind kind) throws Exception {
    BlockingQueue<String> from = new LinkedBlockingQueue<>();
    TestOrigin.Script script =
        talk -> {
          while (!talk.head().isEmpty()) {
            from.add(
                ((InetSocketAddress) talk.socket.getRemoteSocketAddress())
                    .getAddress()
                    .getHostAddress());
            talk.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          }
        };
    try (TestOrigin origin = new TestOrigin(script);
        ErrorLog log = new ErrorLog();
        TestFront front =
            TestFront.start(
                kind,
                new ProxyServlet(
                    """
                    proxy_bind 127.0.0.2;
                    proxy_socket_keepalive on;
                    location / { proxy_pass http://127.0.0.1:%1$d; }
                    location /off { proxy_bind off; proxy_pass http://127.0.0.1:%1$d; }
                    location /variable { proxy_bind $arg_from; proxy_pass http://127.0.0.1:%1$d; }
                    """
                        .formatted(origin.address().getPort())),
                true)) {
      assertThat(ask(front, "/")).endsWith("ok");
      assertThat(from.take()).isEqualTo("127.0.0.2");
      ask(front, "/off");
      assertThat(from.take()).as("not on the other's connection").isEqualTo("127.0.0.1");
      ask(front, "/variable?from=127.0.0.3");
      assertThat(from.take()).isEqualTo("127.0.0.3");
      ask(front, "/variable?from=127.0.0.3:0");
      assertThat(from.take()).isEqualTo("127.0.0.3");
      ask(front, "/variable?from=nonsense");
      assertThat(from.take()).as("what is no address").isEqualTo("127.0.0.1");
      ask(front, "/variable");
      assertThat(from.take()).as("empty").isEqualTo("127.0.0.1");
      assertThat(ask(front, "/variable?from=192.0.2.1")).startsWith("HTTP/1.1 500 ");
      assertThat(
              log.with(
                  "bind(192.0.2.1) failed (99: Cannot assign requested address) while connecting to"
                      + " upstream, client: "))
          .hasSize(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aHeadFitsIntoItsBuffer(TestFront.Kind kind) throws Exception {
    String head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: ";
    String rest = "x".repeat(4096 - head.length() - 4);
    TestOrigin.Script script =
        talk -> {
          String more = talk.head().contains("/more") ? "x" : "";
          talk.send(head + rest + more + "\r\n\r\nok");
        };
    try (TestOrigin origin = new TestOrigin(script);
        ErrorLog log = new ErrorLog();
        TestFront front =
            TestFront.start(
                kind,
                new ProxyServlet(
                    """
                    location / { proxy_pass http://127.0.0.1:%1$d; }
                    location /more/of/it { proxy_buffer_size 8k; proxy_pass http://127.0.0.1:%1$d; }
                    """
                        .formatted(origin.address().getPort())),
                true)) {
      assertThat(ask(front, "/")).startsWith("HTTP/1.1 200 ").endsWith("ok");
      assertThat(ask(front, "/more")).startsWith("HTTP/1.1 502 ");
      assertThat(
              log.with(
                  "upstream sent too big header while reading response header from upstream, client"))
          .hasSize(1);
      assertThat(ask(front, "/more/of/it")).startsWith("HTTP/1.1 200 ").endsWith("ok");
    }
  }
}
