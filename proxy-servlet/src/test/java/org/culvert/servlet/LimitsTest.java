package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.culvert.conf.TextSource;
import org.culvert.directive.ConfigurationReader;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code limit_req} and {@code limit_conn} in containers: who is refused, delayed and counted. */
@Timeout(60)
class LimitsTest {
  private static final String OK = "HTTP/1.1 200 ";
  private static final String REFUSED = "HTTP/1.1 503 ";

  /** A backend that accepts a WebSocket, refuses one on /refused, and never answers /silent. */
  private static void backend(TestOrigin.Talk talk) throws IOException {
    while (true) {
      String head = talk.head();
      if (head.isEmpty()) {
        return;
      }
      String body = new String(talk.body(head));
      if (head.contains("/paced")) {
        talk.send(
            "HTTP/1.1 200 OK\r\nX-Accel-Limit-Rate: 50000\r\nContent-Length: 80000\r\n\r\n"
                + "x".repeat(80_000));
      } else if (head.contains("/silent")) {
        talk.in.read();
        return;
      } else if (head.contains("/refused")) {
        talk.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
      } else if (head.contains("Sec-WebSocket-Key")) {
        talk.send(Wire.switching(head));
        talk.in.transferTo(OutputStream.nullOutputStream());
        return;
      } else if (head.contains("/chunked")) {
        talk.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
      } else {
        talk.send(
            "HTTP/1.1 200 OK\r\nContent-Length: " + (5 + body.length()) + "\r\n\r\nhello" + body);
      }
    }
  }

  private static String read(Path file) throws IOException {
    return Files.exists(file) ? Files.readString(file) : "";
  }

  private static void await(String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.call()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  private static String ask(TestFront front, String target) throws IOException {
    try (RawClient client = new RawClient(front.port())) {
      return client.get(target).rest();
    }
  }

  @ParameterizedTest
  @CsvSource({"JETTY,true", "JETTY,false", "TOMCAT,true", "TOMCAT,false"})
  void delaysAndRefuses(TestFront.Kind kind, boolean async, @TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("file"), "a file");
    try (ErrorLog log = new ErrorLog();
        TestOrigin origin = new TestOrigin(LimitsTest::backend);
        TestFront front =
            TestFront.start(
                kind,
                new ProxyServlet(
                    """
                    limit_req_zone $uri zone=one:1m rate=2r/s;
                    limit_req zone=one burst=1;
                    add_header X-Limit $limit_req_status always;
                    location / { proxy_pass http://127.0.0.1:%d; }
                    location /file { root %s; }
                    """
                        .formatted(origin.address().getPort(), folder)),
                async)) {
      for (String target : List.of("/a", "/file")) {
        assertThat(ask(front, target)).startsWith(OK).contains("X-Limit: PASSED");
        long begun = System.nanoTime();
        String post =
            "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc";
        try (RawClient delayed = new RawClient(front.port());
            RawClient refused = new RawClient(front.port())) {
          if (target.equals("/a")) {
            delayed.send(post.formatted(target));
          } else {
            delayed.get(target);
          }
          await(
              "the delayed one is counted",
              () -> log.with(target + " HTTP").stream().anyMatch(l -> l.contains("delaying")));
          assertThat(refused.get(target).rest()).startsWith(REFUSED).contains("REJECTED");
          assertThat(delayed.rest())
              .startsWith(OK)
              .contains("X-Limit: DELAYED")
              .endsWith(target.equals("/a") ? "helloabc" : "a file");
        }
        assertThat(System.nanoTime() - begun).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(300));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDelayHoldsNoThread(TestFront.Kind kind) throws Exception {
    ProxyServlet servlet =
        new ProxyServlet(
            """
            limit_req_zone $server_port zone=one:1m rate=1r/m;
            location /limited { limit_req zone=one burst=100; root /nowhere; }
            location / { return 200; }
            """);
    List<RawClient> delayed = new ArrayList<>();
    try (TestFront front = RelaySetup.front(kind, servlet, 12)) {
      for (int i = 0; i < 60; i++) {
        delayed.add(new RawClient(front.port()).get("/limited"));
      }
      for (int i = 0; i < 20; i++) {
        assertThat(ask(front, "/free")).startsWith(OK);
      }
      front.undeploy();
      for (RawClient client : delayed) {
        assertThat(client.rest()).doesNotStartWith(OK);
      }
    } finally {
      for (RawClient client : delayed) {
        client.close();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aClientThatLeavesWhileItIsDelayedLeavesNothing(TestFront.Kind kind, @TempDir Path folder)
      throws Exception {
    Path log = folder.resolve("log");
    try (TestOrigin origin = new TestOrigin(LimitsTest::backend);
        TestFront front =
            TestFront.start(
                kind,
                new ProxyServlet(
                    """
                    events {} http {
                    log_format limited '$request $status $limit_req_status $limit_conn_status';
                    access_log %s limited;
                    limit_req_zone $server_port zone=requests:1m rate=1r/m;
                    limit_conn_zone $server_port zone=connections:1m;
                    server {
                        limit_req zone=requests burst=5;
                        limit_conn connections 1;
                        location / { proxy_pass http://127.0.0.1:%d; }
                    } }
                    """
                        .formatted(log, origin.address().getPort())),
                true)) {
      assertThat(ask(front, "/first")).startsWith(OK);
      try (RawClient leaving = new RawClient(front.port())) {
        leaving.get("/leaving");
      }
      await("499", () -> read(log).contains("GET /leaving HTTP/1.1 499 DELAYED -"));
      assertThat(origin.heads).hasSize(1);
      assertThat(read(log)).contains("GET /first HTTP/1.1 200 PASSED PASSED");
    }
  }

  /** A client that has its answer asks again at once, on the same connection and on others. */
  @ParameterizedTest
  @EnumSource
  void whoAsksOneAfterTheOtherIsNeverRefused(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin = new TestOrigin(LimitsTest::backend);
        TestFront front =
            TestFront.start(
                kind,
                new ProxyServlet(
                    """
                    limit_conn_zone $server_port zone=one:1m;
                    limit_conn one 1;
                    location / { proxy_pass http://127.0.0.1:%d; }
                    location /local { try_files /none @text; }
                    location @text { error_page 599 =200 /page; return 599; }
                    location /page { return 200 text; }
                    """
                        .formatted(origin.address().getPort())),
                true)) {
      try (RawClient kept = new RawClient(front.port())) {
        for (int i = 0; i < 20; i++) {
          for (String target : List.of("/a", "/chunked", "/local")) {
            kept.send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(kept.answer()).startsWith(OK);
          }
        }
        for (int i = 0; i < 3; i++) {
          kept.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n".repeat(10));
          for (int n = 0; n < 10; n++) {
            assertThat(kept.answer()).startsWith(OK);
          }
        }
      }
      for (int i = 0; i < 100; i++) {
        assertThat(ask(front, "/a")).startsWith(OK);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"JETTY,true", "JETTY,false", "TOMCAT,true", "TOMCAT,false"})
  void everyEndingGivesTheCountBack(TestFront.Kind kind, boolean async) throws Exception {
    try (TestOrigin origin = new TestOrigin(LimitsTest::backend);
        TestFront front =
            TestFront.start(
                kind,
                new ProxyServlet(
                    """
                    limit_conn_zone $server_port zone=one:1m;
                    limit_conn one 1;
                    proxy_read_timeout 300ms;
                    location / { proxy_pass http://127.0.0.1:%d; }
                    location = /dead { proxy_pass http://127.0.0.1:1; }
                    location = /denied { deny all; }
                    location = /missing { root /nowhere; }
                    location = /slow { proxy_pass http://127.0.0.1:%d/silent/s; proxy_read_timeout 60s; }
                    """
                        .formatted(origin.address().getPort(), origin.address().getPort())),
                async)) {
      for (String target : List.of("/dead", "/silent", "/denied", "/missing", "/a")) {
        assertThat(ask(front, target)).as(target).doesNotContain("503");
      }
      if (async) {
        try (RawClient slow = new RawClient(front.port())) {
          slow.get("/slow");
          await("is counted", () -> origin.heads.stream().anyMatch(h -> h.contains("/silent/s")));
          assertThat(ask(front, "/a")).startsWith(REFUSED);
        }
        await("has gone", () -> ask(front, "/a").startsWith(OK));
      }
    }
  }

  /** How a WebSocket ends. */
  enum Ending {
    CLIENT_CLOSES,
    CLIENT_RESETS,
    BACKEND_CLOSES
  }

  @ParameterizedTest
  @CsvSource({
    "JETTY,relay",
    "JETTY,tunnel",
    "TOMCAT,relay",
    "TOMCAT,tunnel",
  })
  void aWebSocketCountsWhileItIsOpen(TestFront.Kind kind, String mode) throws Exception {
    try (TestOrigin origin = new TestOrigin(LimitsTest::backend);
        TestFront front =
            RelaySetup.front(
                kind,
                new ProxyServlet(
                    """
                    limit_conn_zone $server_port zone=one:1m;
                    limit_conn one 2;
                    location / { proxy_pass http://127.0.0.1:%d; proxy_websocket %s; }
                    """
                        .formatted(origin.address().getPort(), mode)),
                50)) {
      for (Ending ending : Ending.values()) {
        try (RawClient first = opened(front);
            RawClient second = opened(front);
            RawClient third = new RawClient(front.port())) {
          assertThat(ask(front, "/a")).startsWith(REFUSED);
          assertThat(third.send(RelaySetup.handshake()).until("\r\n\r\n")).startsWith(REFUSED);
          if (ending == Ending.BACKEND_CLOSES) {
            origin.closeConnections();
            second.rest();
            second.close(); // A tunnel passes a half-close on, and is open until both have closed.
          } else {
            first.socket.setSoLinger(ending == Ending.CLIENT_RESETS, 0);
            first.close();
          }
          await(ending + " gives one back", () -> ask(front, "/a").startsWith(OK));
        }
      }
      try (RawClient refused = new RawClient(front.port())) {
        refused.send(RelaySetup.handshake().replace("/chat", "/refused"));
        assertThat(refused.until("\r\n\r\n")).startsWith("HTTP/1.1 403");
      }
      try (RawClient first = opened(front);
          RawClient second = opened(front)) {
        assertThat(ask(front, "/a")).startsWith(REFUSED);
      }
    }
  }

  /** A WebSocket, once there is room for it. */
  private static RawClient opened(TestFront front) throws Exception {
    List<RawClient> opened = new ArrayList<>();
    await(
        "is opened",
        () -> {
          RawClient client = new RawClient(front.port());
          if (client.send(RelaySetup.handshake()).until("\r\n\r\n").startsWith("HTTP/1.1 101")) {
            opened.add(client);
            return true;
          }
          client.close();
          return false;
        });
    return opened.get(0);
  }

  /** In the second that it comes in, and with each one after, an answer has the rate's bytes. */
  @ParameterizedTest
  @CsvSource({
    "JETTY,/file", "JETTY,/paced", "JETTY,/set", "JETTY,/text",
    "TOMCAT,/file", "TOMCAT,/paced", "TOMCAT,/set", "TOMCAT,/text",
  })
  void anAnswerIsSentAtItsRate(TestFront.Kind kind, String target, @TempDir Path folder)
      throws Exception {
    Files.writeString(folder.resolve("file"), "x".repeat(80_000));
    try (TestOrigin origin = new TestOrigin(LimitsTest::backend);
        TestFront front =
            TestFront.start(
                kind,
                new ProxyServlet(
                    """
                    root %s;
                    location /file { limit_rate 50000; }
                    location /paced { proxy_pass http://127.0.0.1:%d; }
                    location /set { set $limit_rate 50000; try_files /file =404; }
                    location /text { limit_rate 50000; set $x %s; return 200 "%s"; }
                    """
                        .formatted(
                            folder,
                            origin.address().getPort(),
                            "x".repeat(1_000),
                            "$x".repeat(80))),
                true)) {
      long begun = System.nanoTime();
      String answer = ask(front, target);
      long took = System.nanoTime() - begun;
      assertThat(answer).startsWith(OK).doesNotContain("X-Accel");
      assertThat(answer.substring(answer.indexOf("\r\n\r\n") + 4)).hasSize(80_000);
      assertThat(took).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(950));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBackendIsReadAtItsRate(TestFront.Kind kind) throws Exception {
    String body = "0123456789".repeat(20_000);
    try (TestOrigin origin =
            new TestOrigin(
                TestOrigin.answering("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + body));
        TestFront front =
            TestFront.start(
                kind,
                new ProxyServlet(
                    "location / { proxy_limit_rate 100k; proxy_pass http://127.0.0.1:%d; }"
                        .formatted(origin.address().getPort())),
                true)) {
      long begun = System.nanoTime();
      String answer = ask(front, "/");
      long took = System.nanoTime() - begun;
      assertThat(answer.endsWith(body)).isTrue();
      // All but the first second's, and a last piece of 64 KB at most.
      assertThat(took).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(250));
    }
  }

  @ParameterizedTest
  @EnumSource
  void zonesGoOnAfterAReload(TestFront.Kind kind) throws Exception {
    String text =
        "limit_req_zone %s zone=one:1m rate=%s; location / { limit_req zone=one; root /nowhere; }";
    ProxyServlet servlet = new ProxyServlet(text.formatted("$server_port", "1r/m"));
    try (TestFront front = TestFront.start(kind, servlet, true)) {
      assertThat(ask(front, "/")).startsWith("HTTP/1.1 404");
      assertThat(ask(front, "/")).startsWith(REFUSED);

      servlet.reload(configuration(text.formatted("$server_port", "2r/m")));
      assertThat(ask(front, "/")).startsWith(REFUSED);

      assertThatThrownBy(() -> servlet.reload(configuration(text.formatted("$uri", "2r/m"))))
          .hasMessageContaining(
              "limit_req \"one\" uses the \"$uri\" key while previously it used the");
      assertThat(ask(front, "/")).startsWith(REFUSED);
    }
  }

  private static org.culvert.directive.Configuration configuration(String text) throws Exception {
    return ConfigurationReader.read(
        new TextSource("test.conf", text),
        new ConfigurationReader.Options(ConfigurationReader.Form.WAR, "."));
  }
}
