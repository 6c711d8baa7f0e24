package org.culvert.servlet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.culvert.servlet.RelaySetup.Way;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code proxy_websocket} and the {@code $websocket_*} variables, through the whole servlet. */
@Timeout(60)
class TunnelConfigurationTest {
  private static final String CONFIGURATION =
      """
      http {
          log_format sockets "$status $websocket_messages_in/$websocket_bytes_in"
              " $websocket_messages_out/$websocket_bytes_out"
              " $websocket_close_code [$websocket_duration]";
          server {
              listen 80;
              access_log %s sockets;
              location / { proxy_pass http://127.0.0.1:%d; proxy_websocket %s; }
          }
      }
      """;

  @TempDir private Path directory;

  private static String answer(BufferedInputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("ended after: " + head);
      }
      head.append((char) b);
    }
    return head.toString();
  }

  private static String lines(Path log) throws IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (System.nanoTime() < deadline) {
      if (Files.exists(log) && Files.size(log) > 0) {
        return Files.readString(log);
      }
      Thread.onSpinWait();
    }
    throw new AssertionError("nothing in the access log");
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void countsMessagesForTheAccessLogHoweverTheyAreCarried(Way way) throws Exception {
    Path log = directory.resolve("access.log");
    try (TestOrigin origin = new TestOrigin(Wire.backend(Wire.echo()));
        ErrorLog errors = new ErrorLog()) {
      String text =
          CONFIGURATION.formatted(
              log, origin.address().getPort(), way.isTunnel() ? "tunnel" : "relay");
      try (TestFront front = RelaySetup.front(way.kind, new ProxyServlet(text), 50);
          Socket client = new Socket(InetAddress.getLoopbackAddress(), front.port())) {
        client.setSoTimeout(10_000);
        client.getOutputStream().write(RelaySetup.handshake().getBytes(ISO_8859_1));
        BufferedInputStream in = new BufferedInputStream(client.getInputStream());
        assertThat(answer(in)).startsWith("HTTP/1.1 101");
        Wire wire = new Wire(in, client.getOutputStream(), true);
        for (int i = 0; i < 3; i++) {
          wire.text("message " + i);
          assertThat(wire.message().text()).isEqualTo("message " + i);
        }
        wire.close(4000, "enough");
        assertThat(wire.message().code()).isEqualTo(4000);
        client.close();
        assertThat(lines(log)).matches("101 3/27 3/27 4000 \\[0\\.\\d{3}\\]\\s");
        // The error log's line is written first.
        assertThat(errors.with("WebSocket ended: "))
            .filteredOn(line -> line.contains(":" + origin.address().getPort()))
            .singleElement(InstanceOfAssertFactories.STRING)
            .contains("the client closed with 4000, 3 messages and 27 bytes in, 3 and 27 out, ")
            .contains("\"GET /chat HTTP/1.1\"");
      }
    }
  }

  /** The backend sees the client's key when its bytes are tunnelled, the proxy's when relayed. */
  @ParameterizedTest
  @CsvSource({
    "JETTY,proxy_websocket auto,true",
    "TOMCAT,proxy_websocket auto,true",
    "JETTY,proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade,true",
    "TOMCAT,proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade,true",
    "JETTY,proxy_websocket relay,false",
    "TOMCAT,proxy_websocket relay,false"
  })
  void tunnelsWhatCanBeTunnelled(TestFront.Kind kind, String lines, boolean tunnelled)
      throws Exception {
    try (TestOrigin origin = new TestOrigin(Wire.backend(Wire.echo()))) {
      String text =
          "location / { proxy_pass http://127.0.0.1:%d; %s; }"
              .formatted(origin.address().getPort(), lines);
      try (TestFront front = RelaySetup.front(kind, new ProxyServlet(text), 50);
          Socket client = new Socket(InetAddress.getLoopbackAddress(), front.port())) {
        client.setSoTimeout(10_000);
        client.getOutputStream().write(RelaySetup.handshake().getBytes(ISO_8859_1));
        assertThat(answer(new BufferedInputStream(client.getInputStream())))
            .startsWith("HTTP/1.1 101");
        assertThat(origin.heads.take().contains(RelaySetup.KEY)).isEqualTo(tunnelled);
      }
    }
  }

  /** HTTP over the same location is not touched. */
  @ParameterizedTest
  @EnumSource(TestFront.Kind.class)
  void answersPlainRequestsAsEver(TestFront.Kind kind) throws Exception {
    String hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    try (TestOrigin origin = new TestOrigin(TestOrigin.answering(hello))) {
      String text =
          "location / { proxy_pass http://127.0.0.1:%d; proxy_websocket tunnel; }"
              .formatted(origin.address().getPort());
      try (TestFront front = RelaySetup.front(kind, new ProxyServlet(text), 50);
          Socket client = new Socket(InetAddress.getLoopbackAddress(), front.port())) {
        client.setSoTimeout(10_000);
        for (int i = 0; i < 2; i++) { // The second is refused by the backend, and goes on.
          String request =
              i == 0 ? "GET / HTTP/1.1\r\nHost: x\r\n\r\n" : RelaySetup.handshake("X: y");
          client.getOutputStream().write(request.getBytes(ISO_8859_1));
          assertThat(answer(new BufferedInputStream(client.getInputStream())))
              .startsWith("HTTP/1.1 200");
        }
      }
    }
  }
}
