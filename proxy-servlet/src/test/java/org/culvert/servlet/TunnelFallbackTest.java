package org.culvert.servlet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code proxy_websocket tunnel} and {@code auto} do over TLS, and where there is no way. */
@Timeout(60)
class TunnelFallbackTest {
  private static final String WARNING = "\"proxy_websocket tunnel\"";

  private static String location(String scheme, TestOrigin origin, String mode) {
    return "location / { proxy_pass %s://127.0.0.1:%d; proxy_websocket %s; }"
        .formatted(scheme, origin.address().getPort(), mode);
  }

  /** A WebSocket from its handshake to its close; the backend is asked by a tunnel or a relay. */
  private static void isCarried(Socket client, TestOrigin origin, boolean tunnelled)
      throws Exception {
    client.setSoTimeout(10_000);
    String handshake = RelaySetup.handshake("Sec-WebSocket-Extensions: permessage-deflate");
    client.getOutputStream().write(handshake.getBytes(ISO_8859_1));
    BufferedInputStream in = new BufferedInputStream(client.getInputStream());
    assertThat(head(in)).startsWith("HTTP/1.1 101");
    Wire wire = new Wire(in, client.getOutputStream(), true);
    wire.text("hello");
    assertThat(wire.message().text()).isEqualTo("hello");
    wire.close(4000, "enough");
    assertThat(wire.message().code()).isEqualTo(4000);
    String asked = origin.heads.take();
    assertThat(asked.contains(RelaySetup.KEY)).isEqualTo(tunnelled);
    assertThat(asked.contains("permessage-deflate")).isEqualTo(tunnelled);
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

  @ParameterizedTest
  @CsvSource({"JETTY,tunnel", "JETTY,auto", "TOMCAT,tunnel", "TOMCAT,auto"})
  void tunnelsAClientWithTlsToAnUpstreamOfHttps(TestFront.Kind kind, String mode) throws Exception {
    TestKeys keys = TestKeys.shared();
    try (TestOrigin origin = RelaySetup.tlsOrigin(Wire.backend(Wire.echo()));
        ErrorLog log = new ErrorLog()) {
      ProxyServlet proxy = new ProxyServlet(location("https", origin, mode));
      try (TestFront front = RelaySetup.front(kind, proxy, 50, keys)) {
        for (int i = 0; i < 2; i++) {
          try (Socket client =
              keys.context()
                  .getSocketFactory()
                  .createSocket(InetAddress.getLoopbackAddress(), front.port())) {
            isCarried(client, origin, true);
          }
        }
      }
      assertThat(log.with(WARNING)).isEmpty();
    }
  }

  /** Tomcat's connector of asynchronous channels: they can be on no selector. */
  @ParameterizedTest
  @CsvSource({"tunnel,1", "auto,0"})
  void relaysWhereTheConnectorKeepsItsSocketsAndTunnelWarnsOnce(String mode, int warnings)
      throws Exception {
    try (TestOrigin origin = new TestOrigin(Wire.backend(Wire.echo()));
        ErrorLog log = new ErrorLog()) {
      Tomcat tomcat = new Tomcat();
      Connector connector = new Connector("org.apache.coyote.http11.Http11Nio2Protocol");
      connector.setPort(0);
      connector.setProperty("address", "127.0.0.1");
      tomcat.setBaseDir(java.nio.file.Files.createTempDirectory("tomcat").toString());
      tomcat.setConnector(connector);
      var context = tomcat.addContext("", null);
      context.addServletContainerInitializer(new WsSci(), null);
      ProxyServlet proxy = new ProxyServlet(location("http", origin, mode));
      Tomcat.addServlet(context, "proxy", proxy).setAsyncSupported(true);
      context.addServletMappingDecoded("/", "proxy");
      tomcat.start();
      try {
        for (int i = 0; i < 2; i++) {
          try (Socket client =
              new Socket(InetAddress.getLoopbackAddress(), connector.getLocalPort())) {
            isCarried(client, origin, false);
          }
        }
      } finally {
        tomcat.stop();
        tomcat.destroy();
      }
      assertThat(log.with(WARNING)).hasSize(warnings).allMatch(line -> line.contains("a client's"));
    }
  }
}
