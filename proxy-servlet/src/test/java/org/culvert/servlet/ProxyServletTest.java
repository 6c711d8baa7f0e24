package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.servlet.ServletConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServlet;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.culvert.conf.TextSource;
import org.culvert.directive.ConfigurationReader;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** One request through the servlet: locations, answers of its own, error pages, reload. */
@Timeout(30)
class ProxyServletTest {
  private static final String HELLO =
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-From: origin\r\n\r\nhello";

  private final HttpClient client = HttpClient.newHttpClient();

  private HttpResponse<String> get(TestFront front, String path) throws Exception {
    return send(front, HttpRequest.newBuilder().GET(), path);
  }

  private HttpResponse<String> send(TestFront front, HttpRequest.Builder request, String path)
      throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + front.port() + path);
    return client.send(request.uri(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static TestFront start(TestFront.Kind kind, String configuration) throws Exception {
    return TestFront.start(kind, new ProxyServlet(configuration), true);
  }

  @ParameterizedTest
  @EnumSource(TestFront.Kind.class)
  void proxiesWhatALocationClaims(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin = new TestOrigin(TestOrigin.answering(HELLO));
        TestFront front =
            start(
                kind,
                """
                location /api/ {
                    proxy_pass http://127.0.0.1:%d;
                    proxy_set_header X-Path $uri;
                    add_header X-Added $upstream_status;
                }
                location / { return 404; }
                """
                    .formatted(origin.address().getPort()))) {
      HttpResponse<String> answer = get(front, "/api/a%20b?x=1");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("hello");
      assertThat(answer.headers().firstValue("X-From")).contains("origin");
      assertThat(answer.headers().firstValue("X-Added")).contains("200");
      assertThat(origin.heads.take())
          .startsWith("GET /api/a%20b?x=1 HTTP/1.1\r\n")
          .contains("X-Path: /api/a b\r\n");
      assertThat(get(front, "/other").statusCode()).isEqualTo(404);
      assertThat(get(front, "/other").body()).contains("<h1>404 Not Found</h1>");
    }
  }

  @ParameterizedTest
  @EnumSource(TestFront.Kind.class)
  void whoHasEndedItsOutputGetsNoAnswerThatNobodyGave(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin = new TestOrigin(talk -> talk.in.readAllBytes());
        TestFront front =
            start(
                kind,
                "location / { proxy_pass http://127.0.0.1:%d; }"
                    .formatted(origin.address().getPort()));
        RawClient leaving = new RawClient(front.port())) {
      leaving.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      leaving.socket.shutdownOutput();
      assertThat(leaving.rest()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(TestFront.Kind.class)
  void returnsWhatTheConfigurationSays(TestFront.Kind kind) throws Exception {
    try (TestFront front =
        start(
            kind,
            """
            set $greeting hello;
            location /text { return 200 "$greeting from $uri\n"; }
            location /moved { return 301 /text; }
            location ~ ^/(?<word>\\w+)/again$ { return 200 $word; }
            """)) {
      assertThat(get(front, "/text").body()).isEqualTo("hello from /text\n");
      HttpResponse<String> moved = get(front, "/moved");
      assertThat(moved.statusCode()).isEqualTo(301);
      assertThat(moved.headers().firstValue("Location"))
          .contains("http://127.0.0.1:" + front.port() + "/text");
      assertThat(get(front, "/once/again").body()).isEqualTo("once");
    }
  }

  @ParameterizedTest
  @EnumSource(TestFront.Kind.class)
  void sendsAFailureThroughItsErrorPage(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin = new TestOrigin(TestOrigin.answering(HELLO));
        TestFront front =
            start(
                kind,
                """
                location / {
                    proxy_pass http://127.0.0.1:1;
                    error_page 502 = @fallback;
                }
                location /page {
                    proxy_pass http://127.0.0.1:1;
                    error_page 502 /sorry;
                }
                location /plain { proxy_pass http://127.0.0.1:1; }
                location /sorry { return 200 "sorry: $request_method"; }
                location @fallback { proxy_pass http://127.0.0.1:%d; }
                """
                    .formatted(origin.address().getPort()))) {
      assertThat(get(front, "/x").body()).isEqualTo("hello");
      HttpResponse<String> posted =
          send(
              front,
              HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.ofString("body")),
              "/page");
      assertThat(posted.statusCode()).isEqualTo(502);
      assertThat(posted.body()).isEqualTo("sorry: GET");
      assertThat(get(front, "/plain").statusCode()).isEqualTo(502);
      assertThat(get(front, "/plain").body())
          .contains("502 Bad Gateway")
          .doesNotContain("Exception");
    }
  }

  /** As nginx: the method becomes GET, what was read of the body stays the request's. */
  @ParameterizedTest
  @EnumSource(TestFront.Kind.class)
  void sendsABufferedBodyToItsErrorPagesBackend(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin =
            new TestOrigin(
                talk -> {
                  byte[] body = talk.request();
                  talk.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n");
                  talk.out.write(body);
                });
        TestFront front =
            start(
                kind,
                """
                error_page 502 = /sorry;
                location / { proxy_pass http://127.0.0.1:1; }
                location /unbuffered {
                    proxy_pass http://127.0.0.1:1;
                    proxy_request_buffering off;
                }
                location /bodiless {
                    proxy_pass http://127.0.0.1:1;
                    error_page 502 = /sorry/bodiless;
                }
                location /sorry { proxy_pass http://127.0.0.1:%1$d; }
                location /sorry/bodiless {
                    proxy_pass http://127.0.0.1:%1$d;
                    proxy_pass_request_body off;
                }
                """
                    .formatted(origin.address().getPort()))) {
      assertThat(post(front, "/x")).isEqualTo("body");
      assertThat(origin.heads.take())
          .startsWith("GET /sorry HTTP/1.1\r\n")
          .contains("Content-Length: 4\r\n");
      assertThat(post(front, "/unbuffered")).isEmpty();
      assertThat(origin.heads.take())
          .startsWith("GET /sorry HTTP/1.1\r\n")
          .doesNotContain("Content-Length: 4");
      assertThat(post(front, "/bodiless")).isEmpty();
      assertThat(origin.heads.take())
          .startsWith("GET /sorry/bodiless HTTP/1.1\r\n")
          .doesNotContain("Content-Length");
    }
  }

  private String post(TestFront front, String path) throws Exception {
    HttpResponse<String> answer =
        send(
            front,
            HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.ofString("body")),
            path);
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer.body();
  }

  @ParameterizedTest
  @EnumSource(TestFront.Kind.class)
  void neverSendsAMethodThatIsNone(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin = new TestOrigin(TestOrigin.answering(HELLO));
        TestFront front =
            start(
                kind,
                """
                location / {
                    proxy_method $http_x_method;
                    proxy_pass http://127.0.0.1:%d;
                }
                """
                    .formatted(origin.address().getPort()))) {
      HttpRequest.Builder good = HttpRequest.newBuilder().header("X-Method", "SEARCH");
      assertThat(send(front, good, "/").statusCode()).isEqualTo(200);
      assertThat(origin.heads.take()).startsWith("SEARCH / HTTP/1.1\r\n");
      HttpRequest.Builder bad = HttpRequest.newBuilder().header("X-Method", "GET /admin HTTP/1.1");
      assertThat(send(front, bad, "/").statusCode()).isEqualTo(500);
      assertThat(get(front, "/").statusCode()).isEqualTo(500);
      assertThat(origin.heads).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(TestFront.Kind.class)
  void servesFiles(TestFront.Kind kind, @TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("index.html"), "<p>index");
    byte[] large = new byte[1_000_000];
    Files.write(folder.resolve("large.bin"), large);
    try (TestFront front = start(kind, "location / { root " + folder + "; }")) {
      HttpResponse<String> index = get(front, "/");
      assertThat(index.body()).isEqualTo("<p>index");
      assertThat(index.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
      assertThat(get(front, "/large.bin").body()).hasSize(large.length);
      assertThat(get(front, "/none").statusCode()).isEqualTo(404);
    }
  }

  @ParameterizedTest
  @EnumSource(TestFront.Kind.class)
  void reloadsWithoutLosingTheRunningOneToABrokenOne(TestFront.Kind kind) throws Exception {
    ProxyServlet servlet = new ProxyServlet("location / { return 200 one; }");
    try (TestFront front = TestFront.start(kind, servlet, true)) {
      assertThat(get(front, "/").body()).isEqualTo("one");
      servlet.reload(read("location / { return 200 two; }"));
      assertThat(get(front, "/").body()).isEqualTo("two");
      assertThatThrownBy(() -> servlet.reload(read("location / { retrun 200 three; }")))
          .hasMessageContaining("unknown directive \"retrun\"");
      assertThat(get(front, "/").body()).isEqualTo("two");
    }
  }

  /** An event stream, a download whose client stops reading, an upload, and one unanswered. */
  @Timeout(90) // Tomcat gives what is under way two seconds of its own; a busy machine more.
  @ParameterizedTest
  @CsvSource({"JETTY,false", "JETTY,true", "TOMCAT,false", "TOMCAT,true"})
  void cutsOffWhatIsUnderWayWhenItEnds(TestFront.Kind kind, boolean reloaded) throws Exception {
    try (TestOrigin origin = new TestOrigin(ProxyServletTest::neverEnding)) {
      String configuration =
          """
          client_max_body_size 0;
          proxy_request_buffering off;
          proxy_buffering off;
          location / { proxy_pass http://127.0.0.1:%d; }
          location /ignoring { proxy_pass http://127.0.0.1:%d; proxy_ignore_client_abort on; }
          """
              .formatted(origin.address().getPort(), origin.address().getPort());
      ProxyServlet servlet = new ProxyServlet(configuration);
      try (TestFront front = TestFront.start(kind, servlet, true);
          RawClient events = new RawClient(front.port());
          RawClient ignoring = new RawClient(front.port());
          RawClient download = new RawClient(front.port());
          RawClient upload = new RawClient(front.port());
          RawClient unanswered = new RawClient(front.port())) {
        events.get("/events");
        assertThat(events.until("tick\r\n")).startsWith("HTTP/1.1 200").contains("chunked");
        ignoring.get("/ignoring/events");
        assertThat(ignoring.until("tick\r\n")).startsWith("HTTP/1.1 200");
        download.get("/flood");
        assertThat(download.until("\r\n\r\n")).startsWith("HTTP/1.1 200");
        upload.send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nbegun");
        unanswered.get("/silent");
        for (int i = 0; i < 5; i++) {
          origin.heads.take();
        }
        if (reloaded) {
          servlet.reload(read(configuration));
          assertThat(ours()).isPositive();
        }
        front.undeploy();
        for (int i = 0; i < 5; i++) {
          assertThat(origin.ends.poll(10, TimeUnit.SECONDS)).as("backend's ends").isNotNull();
        }
        assertThat(events.rest()).doesNotContain("\r\n0\r\n").doesNotStartWith("0\r\n");
        assertThat(ignoring.rest()).doesNotContain("\r\n0\r\n").doesNotStartWith("0\r\n");
        assertThat(download.rest()).doesNotEndWith("\r\n0\r\n\r\n");
        assertThat(upload.rest()).doesNotContain(" 200 ");
        assertThat(unanswered.rest()).doesNotContain(" 200 ");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (ours() > 0 && System.nanoTime() < deadline) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        assertThat(ours()).isZero();
      }
    }
  }

  /** Answers, by the request's path, and never comes to an end. */
  private static void neverEnding(TestOrigin.Talk talk) throws IOException {
    String head = talk.head();
    if (head.contains("/events") || head.contains("/flood")) {
      talk.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    }
    if (head.contains("/events")) {
      talk.send("6\r\ntick\r\n\r\n");
    }
    while (head.contains("/flood")) {
      talk.send("400\r\n" + "x".repeat(1024) + "\r\n");
    }
    while (talk.in.read() >= 0) {
      // Until the proxy leaves.
    }
  }

  private static long ours() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("culvert-"))
        .count();
  }

  private static org.culvert.directive.Configuration read(String text) throws Exception {
    return ConfigurationReader.read(
        new TextSource("test.conf", text),
        new ConfigurationReader.Options(ConfigurationReader.Form.WAR, "."));
  }

  @ParameterizedTest
  @EnumSource(TestFront.Kind.class)
  void answersWhereAFilterForbidsAsync(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin = new TestOrigin(TestOrigin.answering(HELLO));
        TestFront front =
            TestFront.start(
                kind,
                new ProxyServlet(
                    "location / { proxy_pass http://127.0.0.1:%d; }"
                        .formatted(origin.address().getPort())),
                false)) {
      assertThat(get(front, "/").body()).isEqualTo("hello");
    }
  }

  @ParameterizedTest
  @EnumSource(TestFront.Kind.class)
  void leavesTheContentTypeAloneWhateverAnApplicationSets(TestFront.Kind kind) throws Exception {
    ProxyServlet proxy =
        new ProxyServlet(
            """
            types { text/plain txt; text/html html; "text/x; charset=koi8-r" x; }
            location / { return 200 ok; }
            """);
    try (TestFront front = TestFront.start(kind, new Encoding(proxy), true)) {
      assertThat(get(front, "/a.txt").headers().firstValue("Content-Type")).contains("text/plain");
      assertThat(get(front, "/a.html").headers().firstValue("Content-Type")).contains("text/html");
      assertThat(get(front, "/a.x").headers().firstValue("Content-Type").orElse("").toLowerCase())
          .matches("text/x; ?charset=koi8-r");
    }
  }

  /** An application that sets an encoding for every answer, as its filter might. */
  private static final class Encoding extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private final transient ProxyServlet proxy;

    Encoding(ProxyServlet proxy) {
      this.proxy = proxy;
    }

    @Override
    public void init(ServletConfig config) throws ServletException {
      proxy.init(config);
    }

    @Override
    public void service(ServletRequest request, ServletResponse response)
        throws ServletException, IOException {
      response.setCharacterEncoding("UTF-16");
      proxy.service(request, response);
    }

    @Override
    public void destroy() {
      proxy.destroy();
    }
  }
}
