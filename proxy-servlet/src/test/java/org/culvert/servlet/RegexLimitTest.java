package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No pattern of a configuration keeps a thread, whatever the client sends. */
@Timeout(60)
class RegexLimitTest {
  private static final String CONFIGURATION =
      """
      events {}
      http {
        map $arg_m $mapped { default "default"; "~REGEX" "matched"; }
        map $arg_m $before { default "default"; "~^short$" "short"; "~REGEX" "matched"; }
        server { listen 80 default_server; return 200 "default server"; }
        server {
          server_name "~REGEX";
          return 200 "by name";
        }
        server {
          server_name example.org;
          error_page 500 /error;
          location /error { return 200 "error page"; }
          location /map { return 200 $mapped,$before; }
          location /if { if ($arg_m ~ "REGEX") { return 200 "if"; } return 200 "not if"; }
          location /rewrite/ { rewrite "REGEX" /map last; return 200 "not rewritten"; }
          location /referer/ {
            valid_referers "~REGEX";
            if ($invalid_referer) { return 403; }
            return 200 "valid";
          }
          location ~ "(?:/location/|/neither/)REGEX" { return 200 "location"; }
          location / { return 200 "no regex"; }
        }
      }
      """;

  private static String ask(int port, String target, String... fields) throws Exception {
    try (RawClient client = new RawClient(port)) {
      client.send("GET " + target + " HTTP/1.1\r\nConnection: close\r\n");
      String answer = client.send(String.join("\r\n", fields) + "\r\n\r\n").rest();
      String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
      return answer.split(" ")[1] + (body.startsWith("<html>") ? "" : " " + body);
    }
  }

  /** One that needs time, and one that needs stack. */
  @ParameterizedTest
  @ValueSource(strings = {"(?:a+)+$", "(?:a|a)+$", "(a|b|c)*d$"})
  void aPatternThatCannotSayWhetherItMatchesIsGivenUp(String regex) throws Exception {
    ProxyServlet proxy = new ProxyServlet(CONFIGURATION.replace("REGEX", regex));
    String bad = "a".repeat(7000) + "!";
    String host = "Host: example.org";
    try (TestFront front = TestFront.start(TestFront.Kind.JETTY, proxy, true);
        ErrorLog errors = new ErrorLog()) {
      int port = front.port();
      assertThat(ask(port, "/map?m=" + bad, host)).isEqualTo("200 default,default");
      assertThat(ask(port, "/map?m=short", host)).endsWith("short");
      assertThat(ask(port, "/if?m=" + bad, host)).isEqualTo("500");
      assertThat(ask(port, "/rewrite/" + bad, host)).isEqualTo("500");
      assertThat(ask(port, "/location/" + bad, host)).isEqualTo("500");
      assertThat(ask(port, "/none", host)).isEqualTo("200 no regex");
      assertThat(ask(port, "/referer/", host, "Referer: http://x/" + bad)).isEqualTo("403");
      assertThat(ask(port, "/", "Host: " + bad.replace("!", "-"))).isEqualTo("200 default server");
      assertThat(errors.with("match limit exceeded")).hasSizeGreaterThanOrEqualTo(5);
    }
  }
}
