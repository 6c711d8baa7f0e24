package org.culvert.servlet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code proxy_websocket tunnel} and {@code auto} where a side has no bare socket: relayed. */
@Timeout(60)
class TunnelFallbackTest {
  private static final String WARNING = "\"proxy_websocket tunnel\"";
  @TempDir private static Path folder;
  private static TestKeys keys;

  @BeforeAll
  static void keys() throws Exception {
    keys = TestKeys.in(folder);
  }

  private static String location(String scheme, TestOrigin origin, String mode) {
    return "location / { proxy_pass %s://127.0.0.1:%d; proxy_websocket %s; }"
        .formatted(scheme, origin.address().getPort(), mode);
  }

  /** A WebSocket from its handshake to its close; the backend must be asked by a relay. */
  private static void isRelayed(Socket client, TestOrigin origin) throws Exception {
    client.setSoTimeout(10_000);
    String handshake = RelaySetup.handshake("Sec-WebSocket-Extensions: permessage-deflate");
    client.getOutputStream().write(handshake.getBytes(ISO_8859_1));
    BufferedInputStream in = new BufferedInputStream(client.getInputStream());
    assertThat(head(in)).startsWith("HTTP/1.1 101").doesNotContain("permessage-deflate");
    Wire wire = new Wire(in, client.getOutputStream(), true);
    wire.text("hello");
    assertThat(wire.message().text()).isEqualTo("hello");
    wire.close(4000, "enough");
    assertThat(wire.message().code()).isEqualTo(4000);
    assertThat(origin.heads.take())
        .doesNotContain(RelaySetup.KEY)
        .doesNotContain("permessage-deflate");
  }

  private static String head(BufferedInputStream in) throws IOException {
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

  private static Socket connect(TestFront front, @Nullable TestKeys tls) throws IOException {
    InetAddress here = InetAddress.getLoopbackAddress();
    return tls == null
        ? new Socket(here, front.port())
        : tls.context().getSocketFactory().createSocket(here, front.port());
  }

  @ParameterizedTest
  @CsvSource({"JETTY,tunnel,1", "JETTY,auto,0", "TOMCAT,tunnel,1", "TOMCAT,auto,0"})
  void aClientWithTlsIsRelayedAndTunnelWarnsOnce(TestFront.Kind kind, String mode, int warnings)
      throws Exception {
    try (TestOrigin origin = new TestOrigin(Wire.backend(Wire.echo()));
        ErrorLog log = new ErrorLog()) {
      ProxyServlet proxy = new ProxyServlet(location("http", origin, mode));
      try (TestFront front = RelaySetup.front(kind, proxy, 50, keys)) {
        for (int i = 0; i < 2; i++) {
          try (Socket client = connect(front, keys)) {
            isRelayed(client, origin);
          }
        }
      }
      assertThat(log.with(WARNING)).hasSize(warnings).allMatch(line -> line.contains("a client's"));
    }
  }

  @ParameterizedTest
  @CsvSource({"JETTY,tunnel,1", "JETTY,auto,0", "TOMCAT,tunnel,1"})
  void anUpstreamOfHttpsIsRelayedAndTunnelWarnsOnce(TestFront.Kind kind, String mode, int warnings)
      throws Exception {
    ServerSocket tls =
        keys.context()
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    try (TestOrigin origin = new TestOrigin(tls, Wire.backend(Wire.echo()));
        ErrorLog log = new ErrorLog()) {
      ProxyServlet proxy = new ProxyServlet(location("https", origin, mode));
      try (TestFront front = RelaySetup.front(kind, proxy, 50)) {
        for (int i = 0; i < 2; i++) {
          try (Socket client = connect(front, null)) {
            isRelayed(client, origin);
          }
        }
      }
      assertThat(log.with(WARNING)).hasSize(warnings).allMatch(line -> line.contains("upstream"));
    }
  }
}
