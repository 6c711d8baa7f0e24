package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The error log's lines are nginx 1.22's, as it wrote them for the same requests. */
@Timeout(30)
class ErrorLinesTest {
  private static final String CONFIGURATION =
      """
      events {}
      http {
        root FOLDER;
        server {
          server_name example.org;
          location /dead/ { proxy_pass http://127.0.0.1:DEAD/x/; }
          location /slow { proxy_read_timeout 100ms; proxy_pass http://ORIGIN; }
          location /cut { proxy_pass http://ORIGIN; }
          location /denied { deny all; }
          location /auth { auth_basic x; auth_basic_user_file FOLDER/users; }
          location /large { client_max_body_size 5; proxy_pass http://ORIGIN; }
        }
      }
      """;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET /dead/a?b | connect() failed (111: Connection refused) while connecting to upstream"
            + " | , upstream: \"http://127.0.0.1:DEAD/x/a?b\"",
        "GET /slow | upstream timed out (110: Connection timed out) while reading response header"
            + " from upstream | , upstream: \"http://ORIGIN/slow\"",
        "GET /cut | upstream prematurely closed connection while reading response header from"
            + " upstream | , upstream: \"http://ORIGIN/cut\"",
        "GET /denied | access forbidden by rule | ''",
        "GET /none.txt | open() \"FOLDER/none.txt\" failed (2: No such file or directory) | ''",
        "GET /a.txt/x | open() \"FOLDER/a.txt/x\" failed (20: Not a directory) | ''",
        "GET / | directory index of \"FOLDER/\" is forbidden | ''",
        "GET /auth | user \"x\" was not found in \"FOLDER/users\" | ''",
        "POST /large | client intended to send too large body: 10 bytes | ''",
      })
  void saysWhatNginxSays(String request, String message, String upstream) throws Exception {
    Files.writeString(folder.resolve("a.txt"), "a");
    Files.writeString(folder.resolve("users"), "y:z\n");
    int dead;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      dead = socket.getLocalPort();
    }
    try (TestOrigin origin =
            new TestOrigin(
                talk -> {
                  if (talk.head().startsWith("GET /slow")) {
                    talk.in.read(); // Until the proxy leaves.
                  }
                });
        ErrorLog errors = new ErrorLog()) {
      String address = "127.0.0.1:" + origin.address().getPort();
      String text = CONFIGURATION.replace("ORIGIN", address).replace("DEAD", "" + dead);
      ProxyServlet proxy = new ProxyServlet(text.replace("FOLDER", folder.toString()));
      try (TestFront front = TestFront.start(TestFront.Kind.JETTY, proxy, true);
          RawClient client = new RawClient(front.port())) {
        client.send(request + " HTTP/1.1\r\nHost: example.org:1\r\nConnection: close\r\n");
        client.send("Authorization: Basic eDp5\r\n");
        client.send(request.startsWith("POST") ? "Content-Length: 10\r\n\r\n0123456789" : "\r\n");
        client.rest();
      }
      String line =
          message
              + ", client: 127.0.0.1, server: example.org, request: \""
              + request
              + " HTTP/1.1\""
              + upstream
              + ", host: \"example.org:1\"";
      assertThat(errors.with(", client: ")).hasSize(1);
      assertThat(errors.with(", client: ").get(0))
          .containsPattern(" ERROR org\\.culvert\\.error - \\*\\d+ ")
          .endsWith(
              line.replace("ORIGIN", address)
                  .replace("DEAD", "" + dead)
                  .replace("FOLDER", folder.toString()));
    }
  }
}
