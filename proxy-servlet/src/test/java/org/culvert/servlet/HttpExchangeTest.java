package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.culvert.exchange.ProxySettings;
import org.culvert.exchange.ProxySettings.NextUpstream;
import org.culvert.exchange.ProxySettings.Timeouts;
import org.culvert.exchange.Upstreams;
import org.culvert.http.GatewayFailure;
import org.culvert.upstream.UpstreamSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** HTTP through an exchange on real containers, in bytes. */
@Timeout(30)
final class HttpExchangeTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  @ParameterizedTest
  @EnumSource
  void anAnswerPassesWithItsFieldsInOrder(TestFront.Kind kind) throws Exception {
    try (var origin =
            new TestOrigin(
                TestOrigin.answering(
                    "HTTP/1.1 200 OK\r\nServer: secret\r\nSet-Cookie: a=1\r\nX-A: 1\r\n"
                        + "Set-Cookie: b=2\r\nX-A: 2\r\nConnection: x-hop\r\nX-Hop: 1\r\n"
                        + "Content-Length: 5\r\n\r\nhello"));
        var front = start(kind, origin)) {
      try (var client = new RawClient(front.port())) {
        String answer = client.get("/path?q=1").rest();
        assertThat(answer).startsWith("HTTP/1.1 200").endsWith("\r\n\r\nhello");
        assertThat(answer).contains("Content-Length: 5\r\n").doesNotContain("secret", "X-Hop");
        assertThat(answer.indexOf("a=1")).isLessThan(answer.indexOf("b=2")).isPositive();
        assertThat(answer.indexOf("X-A: 1")).isLessThan(answer.indexOf("X-A: 2")).isPositive();
      }
      String head = origin.heads.poll(15, TimeUnit.SECONDS);
      assertThat(head).startsWith("GET /path?q=1 HTTP/1.1\r\n").contains("Host: backend\r\n");
      assertThat(head)
          .doesNotContain("Connection", "User-Agent", "Accept-Encoding", "Content-Length");
    }
  }

  @ParameterizedTest
  @EnumSource
  void theRawTargetIsNotTouched(TestFront.Kind kind) throws Exception {
    List<String> targets =
        List.of(
            "/a%2Fb",
            "//",
            "//host/x//y",
            "/a|b",
            "/a/%2e%2e/b",
            "/x?a=b?c=%20&d",
            "/x?",
            "/%7Efoo;v=1/bar;w",
            "/a{b}\"c",
            "/p%C3%A9?q=%7a",
            "/p?q=%zz");
    try (var origin = new TestOrigin(TestOrigin.answering(OK));
        var front = start(kind, origin)) {
      List<String> seen = new ArrayList<>();
      List<String> sent = new ArrayList<>();
      for (String target : targets) {
        try (var client = new RawClient(front.port())) {
          String answer = client.get(target).rest();
          if (answer.startsWith("HTTP/1.1 400")) {
            continue; // The container's own refusal.
          }
          sent.add(target);
          assertThat(answer).as(target).startsWith("HTTP/1.1 200");
          String head = origin.heads.poll(15, TimeUnit.SECONDS);
          assertThat(head).isNotNull();
          seen.add(head.substring(4, head.indexOf(" HTTP/1.1")));
        }
      }
      assertThat(seen).isEqualTo(sent);
      assertThat(seen).contains("/a%2Fb", "//host/x//y", "/x?a=b?c=%20&d", "/a|b");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aKeptConnectionServesManyRequests(TestFront.Kind kind) throws Exception {
    try (var origin = new TestOrigin(TestOrigin.answering(OK));
        var front = start(kind, origin);
        var client = new RawClient(front.port())) {
      for (int i = 0; i < 20; i++) {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.answer()).endsWith("ok");
      }
      assertThat(origin.connections)
          .hasValueLessThan(10); // A busy machine may be late to keep one.
    }
  }

  /** The first request of a connection is answered; the next finds it closed, having been read. */
  private static void oneAnswerEach(TestOrigin.Talk talk) throws IOException {
    talk.request();
    talk.send(OK);
    talk.request();
  }

  @ParameterizedTest
  @EnumSource
  void aRequestThatFindsItsKeptConnectionClosedGoesOnANewOneIfThatIsSafe(TestFront.Kind kind)
      throws Exception {
    for (boolean buffering : List.of(true, false)) {
      try (var origin = new TestOrigin(HttpExchangeTest::oneAnswerEach);
          var front = start(kind, origin, buffering, buffering, s -> s);
          var client = new RawClient(front.port())) {
        assertThat(onAKeptConnection("GET", client, origin)).isEqualTo("200, seen 2 times");
        // What is passed on as it comes cannot be sent again.
        assertThat(onAKeptConnection("PUT", client, origin))
            .isEqualTo(buffering ? "200, seen 2 times" : "502, seen 1 times");
        // A POST may have done its work.
        assertThat(onAKeptConnection("POST", client, origin)).isEqualTo("502, seen 1 times");
      }
    }
  }

  /** The first outcome that is not the one of a new connection: one is kept a bit late perhaps. */
  private static String onAKeptConnection(String method, RawClient client, TestOrigin origin)
      throws Exception {
    String outcome = "";
    for (int i = 0; i < 50 && (i == 0 || outcome.equals("200, seen 1 times")); i++) {
      origin.heads.clear();
      client.send(
          method
              + " / HTTP/1.1\r\nHost: a\r\n"
              + (method.equals("GET") ? "\r\n" : "Content-Length: 4\r\n\r\nbody"));
      String status = client.answer().substring(9, 12);
      outcome = status + ", seen " + origin.heads.size() + " times";
    }
    return outcome;
  }

  @ParameterizedTest
  @EnumSource
  void bodylessAnswersEnd(TestFront.Kind kind) throws Exception {
    try (var origin =
            new TestOrigin(
                talk -> {
                  while (true) {
                    String head = talk.head();
                    if (head.isEmpty()) {
                      return;
                    }
                    String path = head.split(" ")[1];
                    talk.send(
                        switch (path) {
                          case "/204" -> "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n";
                          case "/304" -> "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n";
                          case "/0" -> "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
                          default -> "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n";
                        });
                  }
                });
        var front = start(kind, origin);
        var client = new RawClient(front.port())) {
      client.send("HEAD /head HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.until("\r\n\r\n")).contains("Content-Length: 1234");
      client.send("GET /204 HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.until("\r\n\r\n")).startsWith("HTTP/1.1 204").contains("X-A: b");
      client.send("GET /304 HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.until("\r\n\r\n")).startsWith("HTTP/1.1 304").contains("ETag: \"x\"");
      client.send("GET /0 HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.until("\r\n\r\n")).contains("Content-Length: 0");
      client.send("HEAD /head HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.until("\r\n\r\n")).contains("Content-Length: 1234");
    }
  }

  @ParameterizedTest
  @EnumSource
  void chunksAndTrailersPassBothWays(TestFront.Kind kind) throws Exception {
    for (boolean buffering : List.of(true, false)) {
      try (var origin =
              new TestOrigin(
                  talk -> {
                    byte[] body = talk.request();
                    talk.send(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
                            + "3\r\nabc\r\n");
                    talk.send(
                        Integer.toHexString(body.length)
                            + "\r\n"
                            + new String(body, "US-ASCII")
                            + "\r\n0\r\nX-T: down\r\n\r\n");
                  });
          var front = start(kind, origin, buffering, buffering, s -> s)) {
        try (var client = new RawClient(front.port())) {
          client.send(
              "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-U\r\n\r\n"
                  + "5\r\nhello\r\n0\r\nX-U: up\r\n\r\n");
          assertThat(client.answer()).endsWith("abchello[X-T: down]");
        }
        String head = origin.heads.poll(15, TimeUnit.SECONDS);
        assertThat(head)
            .contains("Transfer-Encoding: chunked")
            .doesNotContain("Content-Length", "Content-Type");
        assertThat(origin.heads.poll(15, TimeUnit.SECONDS))
            .isEqualToIgnoringCase("trailer x-u: up");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void expectContinueIsAnsweredByUs(TestFront.Kind kind) throws Exception {
    try (var origin =
            new TestOrigin(
                talk -> {
                  byte[] body = talk.request();
                  talk.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n");
                  talk.out.write(body);
                });
        var front = start(kind, origin);
        var client = new RawClient(front.port())) {
      client.send("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
      assertThat(client.until("\r\n\r\n")).startsWith("HTTP/1.1 100");
      client.send("body");
      assertThat(client.answer()).startsWith("HTTP/1.1 200").endsWith("body");
      assertThat(origin.heads.poll()).doesNotContain("Expect");
    }
  }

  @ParameterizedTest
  @EnumSource
  void anInterimAnswerOfTheBackendIsNotTheAnswer(TestFront.Kind kind) throws Exception {
    try (var origin =
            new TestOrigin(
                TestOrigin.answering(
                    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                        + OK));
        var front = start(kind, origin);
        var client = new RawClient(front.port())) {
      assertThat(client.get("/").rest()).startsWith("HTTP/1.1 200").endsWith("ok");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSwitchOfProtocolsThatNobodyAskedForIsABadGateway(TestFront.Kind kind) throws Exception {
    try (var origin =
            new TestOrigin(
                TestOrigin.answering(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"));
        var front = start(kind, origin);
        var client = new RawClient(front.port())) {
      assertThat(client.get("/").rest()).startsWith("HTTP/1.1 502");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCutAnswerIsCutForTheClientToo(TestFront.Kind kind) throws Exception {
    for (boolean buffering : List.of(true, false)) {
      for (String framing : List.of("Content-Length: 100", "Transfer-Encoding: chunked")) {
        for (boolean reset : List.of(false, true)) {
          String body = framing.startsWith("C") ? "partial" : "7\r\npartial\r\n";
          var arrived = new CountDownLatch(1);
          try (var origin =
                  new TestOrigin(
                      talk -> {
                        talk.request();
                        talk.send("HTTP/1.1 200 OK\r\n" + framing + "\r\n\r\n" + body);
                        arrived.await(); // A reset might overtake the bytes.
                        if (reset) {
                          talk.reset();
                        }
                      });
              var front = start(kind, origin, true, buffering, s -> s);
              var client = new RawClient(front.port())) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            String begun = client.until("partial");
            assertThat(begun).as(framing).startsWith("HTTP/1.1 200").endsWith("partial");
            arrived.countDown();
            String all = begun + client.rest();
            assertThat(all).doesNotContain("\r\n0\r\n");
            assertThat(all.indexOf("HTTP/1.1", 5)).isNegative();
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerOfAmbiguousLengthIsABadGateway(TestFront.Kind kind) throws Exception {
    for (String length :
        List.of(
            "Content-Length: 2\r\nContent-Length: 3",
            "Content-Length: 2\r\nTransfer-Encoding: chunked",
            "Content-Length: -2")) {
      assertThat(
              statusOf(
                  kind,
                  talk -> {
                    talk.request();
                    talk.send("HTTP/1.1 200 OK\r\n" + length + "\r\n\r\n2\r\nok\r\n0\r\n\r\n");
                  },
                  10_000))
          .as(length)
          .startsWith("HTTP/1.1 502");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aConnectionCanBeDroppedWithoutAnAnswer(TestFront.Kind kind) throws Exception {
    for (boolean async : List.of(true, false)) {
      for (boolean later : List.of(true, false)) {
        var servlet =
            new jakarta.servlet.http.HttpServlet() {
              final transient Upstreams upstreams = Upstreams.open(List.of(), null);

              @Override
              public void destroy() {
                upstreams.close();
              }

              @Override
              public void service(
                  jakarta.servlet.http.HttpServletRequest request,
                  jakarta.servlet.http.HttpServletResponse response)
                  throws IOException {
                AsyncRequest.cutShort(request);
                var record = new org.culvert.observe.ResponseRecord();
                var failure = new GatewayFailure(GatewayFailure.Kind.CLIENT_GONE, "return 444");
                if (!async) {
                  var downstream = new BlockingDownstream(request, response, record);
                  downstream.abort(failure);
                  downstream.await();
                  return;
                }
                var downstream =
                    ServletDownstream.start(request, response, record, upstreams.timers());
                if (later) {
                  upstreams.timers().start(Duration.ofMillis(50), () -> downstream.abort(failure));
                } else {
                  downstream.abort(failure);
                }
              }
            };
        try (var front = TestFront.start(kind, servlet, async);
            var client = new RawClient(front.port())) {
          client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
          assertThat(client.rest()).isEmpty();
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void failuresHaveTheirStatus(TestFront.Kind kind) throws Exception {
    int refused;
    try (var gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      refused = gone.getLocalPort();
    }
    UpstreamSettings nobody = TestProxy.upstream(new InetSocketAddress("127.0.0.1", refused));
    TestProxy proxy = new TestProxy(nobody, TestProxy.settings(nobody));
    try (var front = TestFront.start(kind, proxy, true);
        var client = new RawClient(front.port())) {
      assertThat(client.get("/").rest()).startsWith("HTTP/1.1 502").endsWith("error 502");
      var end = proxy.ends.take();
      assertThat(end.failure().kind()).isEqualTo(GatewayFailure.Kind.CONNECT_FAILED);
      assertThat(end.attempts().list().get(0).status()).isEqualTo(502);
    }
    assertThat(statusOf(kind, talk -> talk.request(), 10_000)).startsWith("HTTP/1.1 502");
    assertThat(statusOf(kind, talk -> talk.send("SSH-2.0-what\r\n\r\n"), 10_000))
        .startsWith("HTTP/1.1 502");
    assertThat(
            statusOf(
                kind,
                talk -> {
                  talk.request();
                  talk.in.read();
                },
                300))
        .startsWith("HTTP/1.1 504");
  }

  @ParameterizedTest
  @EnumSource
  void aPeerThatNeverTakesAConnectionIsAGatewayTimeout(TestFront.Kind kind) throws Exception {
    try (var silent = new SilentPeer()) {
      UpstreamSettings upstream = TestProxy.upstream(silent.address());
      TestProxy proxy = new TestProxy(upstream, connecting(upstream, 1500));
      try (var front = TestFront.start(kind, proxy, true);
          var client = new RawClient(front.port())) {
        assertThat(client.get("/").rest()).startsWith("HTTP/1.1 504").endsWith("error 504");
        var end = proxy.ends.take();
        assertThat(end.failure().kind()).isEqualTo(GatewayFailure.Kind.CONNECT_TIMEOUT);
        assertThat(end.failure())
            .hasMessageContaining(
                "upstream timed out (110: Connection timed out) while connecting to");
        assertThat(end.attempts().list().get(0).status()).isEqualTo(504);
        silent.awaitNoDial();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPeerThatNeverTakesAConnectionIsPassedOverWhateverTheMethod(TestFront.Kind kind)
      throws Exception {
    try (var silent = new SilentPeer();
        var origin = new TestOrigin(TestOrigin.answering(OK))) {
      UpstreamSettings upstream = TestProxy.upstream(silent.address(), origin.address());
      TestProxy proxy = new TestProxy(upstream, connecting(upstream, 1500));
      try (var front = TestFront.start(kind, proxy, true);
          var client = new RawClient(front.port())) {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
        assertThat(client.answer()).startsWith("HTTP/1.1 200").endsWith("ok");
        assertThat(proxy.ends.take().attempts().list().stream().map(made -> made.status()))
            .containsExactly(504, 200);
        // It failed once, which is max_fails: the next request does not wait for it.
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.answer()).startsWith("HTTP/1.1 200");
        assertThat(proxy.ends.take().attempts().list().stream().map(made -> made.status()))
            .containsExactly(200);
      }
    }
  }

  private static ProxySettings connecting(UpstreamSettings upstream, long millis) {
    return TestProxy.with(
        TestProxy.settings(upstream),
        new Timeouts(Duration.ofMillis(millis), Duration.ofSeconds(5), Duration.ofSeconds(5)));
  }

  private static String statusOf(TestFront.Kind kind, TestOrigin.Script script, long readMillis)
      throws Exception {
    try (var origin = new TestOrigin(script);
        var front =
            start(
                kind,
                origin,
                true,
                true,
                s ->
                    TestProxy.with(
                        s,
                        new Timeouts(
                            Duration.ofSeconds(10),
                            Duration.ofSeconds(10),
                            Duration.ofMillis(readMillis))));
        var client = new RawClient(front.port())) {
      return client.get("/").rest();
    }
  }

  @ParameterizedTest
  @EnumSource
  void tooLargeABodyIsRefused(TestFront.Kind kind) throws Exception {
    try (var origin = new TestOrigin(TestOrigin.answering(OK))) {
      UpstreamSettings upstream = TestProxy.upstream(origin.address());
      for (boolean buffering : List.of(true, false)) {
        TestProxy proxy =
            new TestProxy(upstream, TestProxy.settings(upstream, "http", buffering, true, s -> s));
        proxy.maxBodySize = 10;
        try (var front = TestFront.start(kind, proxy, true)) {
          try (var client = new RawClient(front.port())) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
            assertThat(client.line()).startsWith("HTTP/1.1 413");
          }
          try (var client = new RawClient(front.port())) {
            client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "b\r\n01234567890\r\n");
            assertThat(client.line()).startsWith("HTTP/1.1 413");
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBufferedBodyIsWholeBeforeAnythingIsDialledAndLeavesNoFile(TestFront.Kind kind)
      throws Exception {
    String body = "x".repeat(200_000);
    try (var origin =
            new TestOrigin(
                talk -> {
                  byte[] got = talk.request();
                  talk.send(
                      "HTTP/1.1 200 OK\r\nX-Got: " + got.length + "\r\nContent-Length: 0\r\n\r\n");
                });
        var front = start(kind, origin)) {
      try (var client = new RawClient(front.port())) {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n");
        client.send(body.substring(0, 150_000));
        assertThat(origin.heads.poll(300, TimeUnit.MILLISECONDS)).isNull();
        assertThat(origin.connections).hasValue(0);
        client.send(body.substring(150_000));
        assertThat(client.answer()).contains("X-Got: 200000");
      }
      try (var client = new RawClient(front.port())) {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n");
        client.send(body.substring(0, 150_000)); // And leaves.
      }
      awaitNoFile();
    }
  }

  private static void awaitNoFile() throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (files() > 0 && System.nanoTime() < deadline) {
      Thread.sleep(20);
    }
    assertThat(files()).isZero();
  }

  private static long files() throws IOException {
    try (var list = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return list.filter(p -> p.getFileName().toString().startsWith("culvert-body-")).count();
    }
  }

  @ParameterizedTest
  @EnumSource
  void anUnbufferedBodyStreams(TestFront.Kind kind) throws Exception {
    try (var origin =
            new TestOrigin(
                talk -> {
                  talk.head();
                  talk.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                  for (int i = 0; i < 3; i++) {
                    int b = talk.in.read();
                    talk.send("1\r\n" + (char) b + "\r\n");
                  }
                  talk.send("0\r\n\r\n");
                });
        var front = start(kind, origin, false, false, s -> s);
        var client = new RawClient(front.port())) {
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
      client.until("\r\n\r\n");
      for (String piece : List.of("a", "b", "c")) {
        client.send(piece);
        assertThat(client.until(piece)).endsWith("1\r\n" + piece);
      }
      assertThat(client.until("\r\n\r\n")).endsWith("0\r\n\r\n");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStreamIsNotHeldBack(TestFront.Kind kind) throws Exception {
    for (boolean buffering : List.of(true, false)) {
      try (var origin =
              new TestOrigin(
                  talk -> {
                    talk.request();
                    talk.send(
                        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n6\r\nfirst\n\r\n");
                    talk.in.read();
                  });
          var front =
              start(
                  kind,
                  origin,
                  true,
                  buffering,
                  s ->
                      TestProxy.with(
                          s,
                          new Timeouts(
                              Duration.ofSeconds(1),
                              Duration.ofSeconds(1),
                              Duration.ofSeconds(20))));
          var client = new RawClient(front.port())) {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.until("first\n")).endsWith("first\n");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aClientThatLeavesEndsTheBackendsConnection(TestFront.Kind kind) throws Exception {
    byte[] piece = new byte[65536];
    try (var origin =
        new TestOrigin(
            talk -> {
              talk.request();
              talk.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n");
              while (true) {
                talk.out.write(piece);
              }
            })) {
      UpstreamSettings upstream = TestProxy.upstream(origin.address());
      TestProxy proxy = new TestProxy(upstream, TestProxy.settings(upstream));
      try (var front = TestFront.start(kind, proxy, true)) {
        try (var client = new RawClient(front.port())) {
          client.get("/").until("\r\n\r\n");
        }
        assertThat(origin.ends.poll(10, TimeUnit.SECONDS)).isNotNull();
        assertThat(proxy.ends.take().failure().kind()).isEqualTo(GatewayFailure.Kind.CLIENT_GONE);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aClientThatLeavesWhileTheBackendIsSilentEndsTheBackendsConnection(TestFront.Kind kind)
      throws Exception {
    try (var origin =
        new TestOrigin(
            talk -> {
              talk.request();
              talk.in.readAllBytes();
            })) {
      UpstreamSettings upstream = TestProxy.upstream(origin.address());
      TestProxy proxy =
          new TestProxy(
              upstream,
              TestProxy.with(
                  TestProxy.settings(upstream),
                  new Timeouts(
                      Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(60))));
      try (var front = TestFront.start(kind, proxy, true)) {
        for (String request :
            List.of(
                "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")) {
          try (var client = new RawClient(front.port())) {
            client.send(request);
            assertThat(origin.heads.poll(15, TimeUnit.SECONDS)).isNotNull();
            assertThat(proxy.ends.poll(700, TimeUnit.MILLISECONDS)).isNull();
          }
          assertThat(origin.ends.poll(15, TimeUnit.SECONDS)).isNotNull();
          assertThat(proxy.ends.take().status()).isEqualTo(499);
        }
        // A connection that was watched goes on.
        try (var client = new RawClient(front.port())) {
          client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
          assertThat(proxy.ends.poll(1500, TimeUnit.MILLISECONDS)).isNull();
        }
        assertThat(proxy.ends.take().status()).isEqualTo(499);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSlowReaderHoldsTheBackendBack(TestFront.Kind kind) throws Exception {
    byte[] piece = new byte[65536];
    var written = new java.util.concurrent.atomic.AtomicLong();
    try (var origin =
            new TestOrigin(
                talk -> {
                  talk.request();
                  talk.send("HTTP/1.1 200 OK\r\nContent-Length: 64000000\r\n\r\n");
                  for (int i = 0; i < 64_000_000; i += 64_000) {
                    talk.out.write(piece, 0, 64_000);
                    written.addAndGet(64_000);
                  }
                });
        var front = start(kind, origin);
        var client = new RawClient(front.port())) {
      client.get("/").until("\r\n\r\n");
      long before;
      do {
        before = written.get();
        Thread.sleep(300);
      } while (written.get() != before || before == 0);
      assertThat(before).isLessThan(32_000_000); // Sockets' buffers and ours.
      assertThat(client.rest()).hasSize(64_000_000);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theNextPeerIsTriedForWhatMayBeRepeated(TestFront.Kind kind) throws Exception {
    int refused;
    try (var gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      refused = gone.getLocalPort();
    }
    try (var broken = new TestOrigin(talk -> talk.request());
        var good = new TestOrigin(TestOrigin.answering(OK))) {
      UpstreamSettings upstream =
          TestProxy.upstream(
              new InetSocketAddress("127.0.0.1", refused), broken.address(), good.address());
      TestProxy proxy = new TestProxy(upstream, TestProxy.settings(upstream));
      try (var front = TestFront.start(kind, proxy, true)) {
        try (var client = new RawClient(front.port())) {
          client.send(
              "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody");
          assertThat(client.rest()).startsWith("HTTP/1.1 200").endsWith("ok");
        }
        assertThat(proxy.ends.take().attempts().list())
            .extracting(a -> a.status())
            .containsExactly(502, 502, 200);
      }
      TestProxy posts = new TestProxy(upstream, TestProxy.settings(upstream));
      try (var front = TestFront.start(kind, posts, true);
          var client = new RawClient(front.port())) {
        client.send(
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody");
        assertThat(client.rest()).startsWith("HTTP/1.1 502");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theNextPeerIsTriedOnAStatus(TestFront.Kind kind) throws Exception {
    try (var busy =
            new TestOrigin(
                TestOrigin.answering("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"));
        var good = new TestOrigin(TestOrigin.answering(OK))) {
      UpstreamSettings upstream = TestProxy.upstream(busy.address(), good.address());
      ProxySettings settings =
          TestProxy.with(
              TestProxy.settings(upstream),
              new NextUpstream(true, true, false, false, Set.of(503), 0, Duration.ZERO));
      try (var front = TestFront.start(kind, new TestProxy(upstream, settings), true)) {
        for (int i = 0; i < 4; i++) {
          try (var client = new RawClient(front.port())) {
            assertThat(client.get("/").rest()).startsWith("HTTP/1.1 200").endsWith("ok");
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aConnectionThatThePeerClosedWhileIdleFailsNoIdempotentRequest(TestFront.Kind kind)
      throws Exception {
    try (var origin =
            new TestOrigin(
                talk -> {
                  talk.request();
                  talk.send(OK);
                  // Reads the next request and breaks: what a close that crosses it looks like.
                  if (!talk.head().isEmpty()) {
                    talk.reset();
                  }
                });
        var front = start(kind, origin);
        var client = new RawClient(front.port())) {
      for (int i = 0; i < 10; i++) {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.answer()).startsWith("HTTP/1.1 200").endsWith("ok");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void httpOneZeroUpstreamsGetOneZero(TestFront.Kind kind) throws Exception {
    try (var origin =
            new TestOrigin(
                talk -> {
                  byte[] got = talk.request();
                  talk.send("HTTP/1.0 200 OK\r\n\r\nuntil the end " + got.length);
                });
        var front =
            start(
                kind,
                origin,
                false,
                true,
                s ->
                    TestProxy.with(
                        s,
                        new ProxySettings.RequestRules(
                            "1.0",
                            null,
                            null,
                            s.request().setHeaders(),
                            true,
                            true,
                            false,
                            ProxySettings.BodyBuffering.of(16384))));
        var client = new RawClient(front.port())) {
      client.send(
          "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
      assertThat(client.answer()).endsWith("until the end 3");
      assertThat(origin.heads.poll(15, TimeUnit.SECONDS).toLowerCase(Locale.ROOT))
          .startsWith("put / http/1.0\r\n")
          .contains("connection: close\r\n", "content-length: 3\r\n");
    }
  }

  @ParameterizedTest
  @EnumSource
  void anEarlyRefusalReachesTheClient(TestFront.Kind kind) throws Exception {
    try (var origin =
            new TestOrigin(
                talk -> {
                  talk.head();
                  talk.send("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
                  talk.in.readAllBytes();
                });
        var front = start(kind, origin, false, true, s -> s);
        var client = new RawClient(front.port())) {
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nfirst");
      assertThat(client.answer()).startsWith("HTTP/1.1 403").endsWith("no");
      assertThat(origin.ends.poll(10, TimeUnit.SECONDS)).isNotNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void withoutAsyncItWorksToo(TestFront.Kind kind) throws Exception {
    try (var origin =
        new TestOrigin(
            talk -> {
              byte[] got = talk.request();
              talk.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\npartial\r\n");
              if (got.length > 0) {
                talk.send("1\r\n!\r\n0\r\n\r\n");
              }
            })) {
      UpstreamSettings upstream = TestProxy.upstream(origin.address());
      for (boolean buffering : List.of(true, false)) {
        TestProxy proxy =
            new TestProxy(
                upstream, TestProxy.settings(upstream, "http", buffering, buffering, s -> s));
        try (var front = TestFront.start(kind, proxy, false)) {
          try (var client = new RawClient(front.port())) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
            assertThat(client.answer()).startsWith("HTTP/1.1 200").endsWith("partial!");
          }
          try (var client = new RawClient(front.port())) {
            String cut = client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").rest();
            assertThat(cut).contains("partial").doesNotContain("\r\n0\r\n");
          }
        }
      }
    }
  }

  @Test
  void theContainersIdleTimeOutDoesNotEndASlowAnswer() throws Exception {
    try (var origin =
        new TestOrigin(
            talk -> {
              byte[] got = talk.request();
              Thread.sleep(1500);
              talk.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
              Thread.sleep(1500);
              talk.send("1\r\nb\r\n0\r\n\r\n");
            })) {
      UpstreamSettings upstream = TestProxy.upstream(origin.address());
      try (var front =
              TestFront.jetty(new TestProxy(upstream, TestProxy.settings(upstream)), true, 400);
          var client = new RawClient(front.port())) {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
        assertThat(client.answer()).startsWith("HTTP/1.1 200").endsWith("ab");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBodyIsSentAgainToTheNextPeerOnlyWhereItWasBuffered(TestFront.Kind kind) throws Exception {
    for (boolean buffering : List.of(true, false)) {
      try (var broken = new TestOrigin(talk -> talk.request());
          var good = new TestOrigin(TestOrigin.answering(OK))) {
        UpstreamSettings upstream = TestProxy.upstream(broken.address(), good.address());
        TestProxy proxy =
            new TestProxy(upstream, TestProxy.settings(upstream, "http", buffering, true, s -> s));
        try (var front = TestFront.start(kind, proxy, true);
            var client = new RawClient(front.port())) {
          client.send(
              "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody");
          assertThat(client.rest()).startsWith(buffering ? "HTTP/1.1 200" : "HTTP/1.1 502");
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPeerThatTakesNothingTimesOut(TestFront.Kind kind) throws Exception {
    try (var origin =
        new TestOrigin(
            talk -> {
              talk.head();
              Thread.sleep(20_000);
            })) {
      UpstreamSettings upstream = TestProxy.upstream(origin.address());
      TestProxy proxy =
          new TestProxy(
              upstream,
              TestProxy.settings(
                  upstream,
                  "http",
                  false,
                  true,
                  s ->
                      TestProxy.with(
                          s,
                          new Timeouts(
                              Duration.ofSeconds(1),
                              Duration.ofMillis(300),
                              Duration.ofSeconds(30)))));
      proxy.maxBodySize = 0;
      try (var front = TestFront.start(kind, proxy, true);
          var client = new RawClient(front.port())) {
        client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n");
        Thread writer =
            new Thread(
                () -> {
                  try {
                    byte[] piece = new byte[1 << 20];
                    for (int i = 0; i < 50; i++) {
                      client.socket.getOutputStream().write(piece);
                    }
                  } catch (IOException e) {
                    // The proxy has answered and closed.
                  }
                });
        writer.setDaemon(true);
        writer.start();
        assertThat(client.line()).startsWith("HTTP/1.1 504");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aClientThatTakesNothingIsDropped(TestFront.Kind kind) throws Exception {
    byte[] piece = new byte[65536];
    try (var origin =
        new TestOrigin(
            talk -> {
              talk.request();
              talk.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n");
              while (true) {
                talk.out.write(piece);
              }
            })) {
      UpstreamSettings upstream = TestProxy.upstream(origin.address());
      TestProxy proxy = new TestProxy(upstream, TestProxy.settings(upstream));
      proxy.sendTimeout = Duration.ofMillis(300);
      try (var front = TestFront.start(kind, proxy, true);
          var client = new RawClient(front.port())) {
        client.get("/").until("\r\n\r\n");
        assertThat(origin.ends.poll(15, TimeUnit.SECONDS)).isNotNull();
        assertThat(proxy.ends.take().failure().kind())
            .isEqualTo(GatewayFailure.Kind.CLIENT_TIMEOUT);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void fiveHundredOpenStreamsFlow(TestFront.Kind kind) throws Exception {
    try (var origin =
            new TestOrigin(
                talk -> {
                  talk.request();
                  talk.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
                  talk.in.read();
                });
        var front =
            start(
                kind,
                origin,
                true,
                true,
                s ->
                    TestProxy.with(
                        s,
                        new Timeouts(
                            Duration.ofSeconds(10),
                            Duration.ofSeconds(10),
                            Duration.ofSeconds(30))))) {
      List<RawClient> clients = new ArrayList<>();
      try {
        for (int i = 0; i < 500; i++) {
          RawClient client = new RawClient(front.port());
          clients.add(client);
          client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        for (RawClient client : clients) {
          assertThat(client.until("hi")).contains("200");
        }
        assertThat(origin.connections).hasValue(500);
      } finally {
        for (RawClient client : clients) {
          client.close();
        }
      }
    }
  }

  private static TestFront start(TestFront.Kind kind, TestOrigin origin) throws Exception {
    return start(kind, origin, true, true, s -> s);
  }

  private static TestFront start(
      TestFront.Kind kind,
      TestOrigin origin,
      boolean requestBuffering,
      boolean buffering,
      java.util.function.UnaryOperator<ProxySettings> change)
      throws Exception {
    UpstreamSettings upstream = TestProxy.upstream(origin.address());
    return TestFront.start(
        kind,
        new TestProxy(
            upstream, TestProxy.settings(upstream, "http", requestBuffering, buffering, change)),
        true);
  }
}
