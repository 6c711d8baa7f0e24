package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which logs a request's line goes to. */
@Timeout(30)
class AccessLogsTest {
  private static final String CONFIGURATION =
      """
      events {}
      http {
        log_format uri $request_uri;
        log_format json escape=json '{"uri": "$request_uri", "agent": "$http_user_agent"}';
        access_log FOLDER/all.log uri;
        root FOLDER;
        server {
          location / { return 200; }
          location /off { access_log off; return 200; }
          location /two { access_log FOLDER/one.log uri; access_log FOLDER/two.log json; return 200; }
          location /if {
            if ($arg_a) { access_log FOLDER/if.log uri; }
            proxy_pass http://127.0.0.1:1;
          }
          location /except {
            limit_except GET { access_log FOLDER/except.log uri; }
            proxy_pass http://127.0.0.1:1;
          }
          location /named { access_log FOLDER/name-$arg_n.log uri; return 200; }
          location /rootless { root FOLDER/none; access_log FOLDER/rootless-$arg_n.log uri; return 200; }
        }
      }
      """;

  @TempDir Path folder;

  private List<String> lines(String name) throws IOException {
    Path file = folder.resolve(name);
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  @Test
  void eachLineGoesWhereItsLocationSays() throws Exception {
    ProxyServlet proxy = new ProxyServlet(CONFIGURATION.replace("FOLDER", folder.toString()));
    try (TestFront front = TestFront.start(TestFront.Kind.JETTY, proxy, true)) {
      for (String request :
          List.of(
              "GET /all",
              "GET /off",
              "GET /two",
              "GET /if",
              "GET /if?a=1",
              "GET /except",
              "POST /except",
              "GET /named?n=x",
              "GET /rootless?n=x")) {
        try (RawClient client = new RawClient(front.port())) {
          client.send(
              request + " HTTP/1.1\r\nHost: h\r\nUser-Agent: a\"b\r\nContent-Length: 0\r\n");
          client.send("Connection: close\r\n\r\n").rest();
        }
      }
    }
    assertThat(lines("all.log")).containsExactly("/all", "/if", "/except");
    assertThat(lines("one.log")).containsExactly("/two");
    assertThat(lines("two.log")).containsExactly("{\"uri\": \"/two\", \"agent\": \"a\\\"b\"}");
    assertThat(lines("if.log")).containsExactly("/if?a=1");
    assertThat(lines("except.log")).containsExactly("/except");
    assertThat(lines("name-x.log")).containsExactly("/named?n=x");
    assertThat(lines("rootless-x.log")).isEmpty();
  }
}
