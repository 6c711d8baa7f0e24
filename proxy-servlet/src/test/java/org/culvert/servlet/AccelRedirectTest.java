package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code X-Accel-Redirect} on real containers. */
@Timeout(30)
class AccelRedirectTest {
  @TempDir static Path folder;

  private static String configuration(TestOrigin backend) {
    return """
    location / {
        proxy_pass http://127.0.0.1:%d;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $http_connection;
    }
    location /protected/ { internal; alias %s/; }
    """
        .formatted(backend.address().getPort(), folder);
  }

  private static String redirect(String body) {
    return "HTTP/1.1 200 OK\r\nX-Accel-Redirect: /protected/a.bin\r\nSet-Cookie: a=b\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static String file() throws Exception {
    String text = "a line of the file\n".repeat(10_000);
    Files.writeString(folder.resolve("a.bin"), text);
    return text;
  }

  @ParameterizedTest
  @CsvSource({"JETTY, true", "TOMCAT, true", "JETTY, false", "TOMCAT, false"})
  void sendsTheFileThatTheBackendNames(TestFront.Kind kind, boolean async) throws Exception {
    String text = file();
    try (TestOrigin backend = new TestOrigin(TestOrigin.answering(redirect("dropped")));
        TestFront front = TestFront.start(kind, new ProxyServlet(configuration(backend)), async);
        RawClient client = new RawClient(front.port())) {
      String answer =
          client
              .send(
                  "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc")
              .rest();
      assertThat(answer).startsWith("HTTP/1.1 200").contains("Set-Cookie: a=b").endsWith(text);
      assertThat(answer).doesNotContain("X-Accel", "dropped");
    }
  }

  /** Its body is thrown away, so the next request finds the connection. */
  @ParameterizedTest
  @EnumSource
  void keepsTheBackendsConnection(TestFront.Kind kind) throws Exception {
    file();
    try (TestOrigin backend = new TestOrigin(TestOrigin.answering(redirect("dropped")));
        TestFront front = TestFront.start(kind, new ProxyServlet(configuration(backend)), true);
        RawClient client = new RawClient(front.port())) {
      for (int i = 0; i < 20; i++) {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.answer()).startsWith("HTTP/1.1 200");
      }
      assertThat(backend.connections).hasValueLessThan(10);
    }
  }

  /** A backend may answer an upgrade so, too. */
  @ParameterizedTest
  @EnumSource
  void followsTheRefusalOfAnUpgrade(TestFront.Kind kind) throws Exception {
    String text = file();
    try (TestOrigin backend = new TestOrigin(TestOrigin.answering(redirect("")));
        TestFront front = RelaySetup.front(kind, new ProxyServlet(configuration(backend)), 50);
        RawClient client = new RawClient(front.port())) {
      client.send(RelaySetup.handshake());
      assertThat(client.answer()).startsWith("HTTP/1.1 200").endsWith(text);
    }
  }
}
