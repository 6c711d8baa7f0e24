package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code add_trailer} and {@code proxy_pass_trailers}, and how the lists are inherited. */
@Timeout(30)
class TrailersTest {
  private static final String CHUNKED =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: of the backend\r\n\r\n";

  private static String ask(TestFront front, String target) throws Exception {
    try (RawClient client = new RawClient(front.port())) {
      return client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").answer();
    }
  }

  @ParameterizedTest
  @CsvSource({"JETTY, true", "TOMCAT, true", "JETTY, false", "TOMCAT, false"})
  void passesABackendsTrailersWhereToldTo(TestFront.Kind kind, boolean async) throws Exception {
    try (TestOrigin backend = new TestOrigin(TestOrigin.answering(CHUNKED));
        TestFront front =
            TestFront.start(
                kind,
                new ProxyServlet(
                    """
                    location / { proxy_pass http://127.0.0.1:%1$d; }
                    location /pass/ { proxy_pass http://127.0.0.1:%1$d; proxy_pass_trailers on; }
                    location /both/ {
                        proxy_pass http://127.0.0.1:%1$d;
                        proxy_pass_trailers on;
                        add_trailer X-Own $upstream_status;
                    }
                    """
                        .formatted(backend.address().getPort())),
                async)) {
      assertThat(ask(front, "/")).endsWith("\r\n\r\nok");
      assertThat(ask(front, "/pass/")).contains("ok").containsIgnoringCase("[X-T: of the backend]");
      assertThat(ask(front, "/both/"))
          .containsIgnoringCase("[X-T: of the backend]")
          .containsIgnoringCase("[X-Own: 200]");
    }
  }

  @ParameterizedTest
  @EnumSource
  void addsTrailersToWhatHadALength(TestFront.Kind kind) throws Exception {
    try (TestFront front =
        TestFront.start(
            kind,
            new ProxyServlet("add_trailer X-Own $request_method; location / { return 200 text; }"),
            true)) {
      assertThat(ask(front, "/"))
          .doesNotContainIgnoringCase("Content-Length")
          .containsIgnoringCase("text[X-Own: GET]");
    }
  }

  /** {@code add_header_inherit}, of nginx since 1.29.3; the mode itself is inherited, too. */
  @ParameterizedTest
  @CsvSource({
    "/on/, own",
    "/merge/, own server http",
    "/merge/inner/, inner own server http",
    "/merge/none/, own server http",
    "/off/, own",
    "/off/none/, ''",
    "/plain/, server http"
  })
  void mergesWhatIsInherited(String target, String values) throws Exception {
    try (TestFront front =
        TestFront.start(
            TestFront.Kind.JETTY,
            new ProxyServlet(
                """
                events {}
                http {
                    add_header X-From http;
                    server {
                        add_header X-From server;
                        add_header_inherit merge;
                        location /plain/ { return 200; }
                        location /on/ { add_header_inherit on; add_header X-From own; return 200; }
                        location /merge/ {
                            add_header X-From own;
                            location /merge/inner/ { add_header X-From inner; return 200; }
                            location /merge/none/ { return 200; }
                            return 200;
                        }
                        location /off/ {
                            add_header_inherit off;
                            add_header X-From own;
                            location /off/none/ { return 200; }
                            return 200;
                        }
                    }
                }
                """),
            true)) {
      List<String> sent =
          Pattern.compile("X-From: (.*)\r\n")
              .matcher(ask(front, target))
              .results()
              .map(match -> match.group(1))
              .toList();
      assertThat(String.join(" ", sent)).isEqualTo(values);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "on, '[X-From: own]'",
    "merge, '[X-From: own][X-From: server]'",
    "off, '[X-From: own]'"
  })
  void mergesTrailers(String mode, String trailers) throws Exception {
    try (TestFront front =
        TestFront.start(
            TestFront.Kind.JETTY,
            new ProxyServlet(
                "add_trailer X-From server; location / { add_trailer_inherit "
                    + mode
                    + "; add_trailer X-From own; return 200 text; }"),
            true)) {
      String got = ask(front, "/");
      assertThat(got.substring(got.lastIndexOf("text") + 4).replace(", ", "][X-From: "))
          .isEqualToIgnoringCase(trailers);
    }
  }
}
