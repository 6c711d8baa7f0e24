package org.culvert.servlet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code proxy_upgrade_protocols}: what a tunnel carries besides WebSocket. */
@Timeout(60)
class UpgradeProtocolsTest {
  private static final String LOCATION =
      "location / { proxy_pass http://127.0.0.1:%d; proxy_websocket %s; %s }";

  /** Switches to what it was asked for and sends back what it gets; says who asked for nothing. */
  private static final TestOrigin.Script SWITCHING =
      talk -> {
        String head = talk.head();
        String protocol = Wire.field(head, "Upgrade");
        if (protocol.isEmpty()) {
          talk.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nplain");
          return;
        }
        talk.send(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "
                + (protocol.equals("wrong") ? "tcp" : protocol)
                + "\r\n\r\nhello ");
        int b;
        while ((b = talk.in.read()) >= 0) {
          talk.out.write(b);
        }
      };

  private static String ask(String method, String protocol, String... fields) {
    return method
        + " /attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: "
        + protocol
        + "\r\n"
        + String.join("", fields)
        + "\r\n";
  }

  private static Socket connect(TestFront front, String request) throws IOException {
    Socket client = new Socket(InetAddress.getLoopbackAddress(), front.port());
    client.setSoTimeout(10_000);
    client.getOutputStream().write(request.getBytes(ISO_8859_1));
    return client;
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

  /** As the Docker daemon is asked for a container's streams. */
  @ParameterizedTest
  @EnumSource
  void tunnelsAProtocolThatTheLocationNames(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin = new TestOrigin(SWITCHING)) {
      String text =
          LOCATION.formatted(
              origin.address().getPort(), "tunnel", "proxy_upgrade_protocols websocket tcp;");
      try (TestFront front = RelaySetup.front(kind, new ProxyServlet(text), 50);
          Socket client = connect(front, ask("POST", "TCP") + "early ")) {
        BufferedInputStream in = new BufferedInputStream(client.getInputStream());
        assertThat(head(in))
            .startsWith("HTTP/1.1 101")
            .containsIgnoringCase("Upgrade: tcp\r\n")
            .containsIgnoringCase("Connection: Upgrade");
        client.getOutputStream().write("late".getBytes(ISO_8859_1));
        assertThat(new String(in.readNBytes(16), ISO_8859_1)).isEqualTo("hello early late");
        client.shutdownOutput();
        assertThat(in.read()).isNegative();
        assertThat(origin.heads.poll(5, TimeUnit.SECONDS))
            .startsWith("POST /attach HTTP/1.1\r\n")
            .doesNotContain("Sec-WebSocket");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tunnel, proxy_upgrade_protocols websocket;, tcp",
    "tunnel, '', tcp",
    "tunnel, '', h2c",
    "relay, proxy_upgrade_protocols tcp;, tcp",
    "tunnel, proxy_upgrade_protocols tcp;, websocket",
  })
  void forwardsAnyOtherAsAPlainRequest(String mode, String protocols, String asked)
      throws Exception {
    try (TestOrigin origin = new TestOrigin(SWITCHING)) {
      String text = LOCATION.formatted(origin.address().getPort(), mode, protocols);
      try (TestFront front = RelaySetup.front(TestFront.Kind.JETTY, new ProxyServlet(text), 50);
          Socket client = connect(front, ask("GET", asked, "Sec-WebSocket-Version: 13\r\n"))) {
        BufferedInputStream in = new BufferedInputStream(client.getInputStream());
        assertThat(head(in)).startsWith("HTTP/1.1 200");
        assertThat(origin.heads.poll(5, TimeUnit.SECONDS)).doesNotContainIgnoringCase("upgrade");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusesAnAnswerInAnotherProtocolAndAHandshakeWithABody(TestFront.Kind kind)
      throws Exception {
    try (TestOrigin origin = new TestOrigin(SWITCHING)) {
      String text =
          LOCATION.formatted(
              origin.address().getPort(), "tunnel", "proxy_upgrade_protocols wrong;");
      try (TestFront front = RelaySetup.front(kind, new ProxyServlet(text), 50)) {
        try (Socket client = connect(front, ask("GET", "wrong"))) {
          assertThat(head(new BufferedInputStream(client.getInputStream())))
              .startsWith("HTTP/1.1 502");
        }
        String body = ask("POST", "wrong", "Content-Length: 3\r\n") + "abc";
        try (Socket client = connect(front, body)) {
          assertThat(head(new BufferedInputStream(client.getInputStream())))
              .startsWith("HTTP/1.1 400");
        }
        assertThat(origin.heads).hasSize(1);
      }
    }
  }

  /** RFC 7540, section 3.2; whoever names it is warned. */
  @ParameterizedTest
  @EnumSource
  void forwardsH2cOnlyWithAWarning(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin = new TestOrigin(SWITCHING);
        ErrorLog log = new ErrorLog()) {
      String text =
          LOCATION.formatted(
              origin.address().getPort(), "tunnel", "proxy_upgrade_protocols websocket h2c;");
      try (TestFront front = RelaySetup.front(kind, new ProxyServlet(text), 50);
          Socket client = connect(front, ask("GET", "h2c", "HTTP2-Settings: AAMAAABk\r\n"))) {
        assertThat(log.with("request smuggling")).hasSize(1);
        assertThat(head(new BufferedInputStream(client.getInputStream())))
            .startsWith("HTTP/1.1 101");
        assertThat(origin.heads.poll(5, TimeUnit.SECONDS))
            .contains("HTTP2-Settings: AAMAAABk\r\n", "Connection: Upgrade, HTTP2-Settings\r\n");
      }
    }
  }
}
