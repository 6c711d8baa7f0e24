package org.culvert.it.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.culvert.it.Archives;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.After;
import org.culvert.it.origin.Origin;
import org.culvert.it.origin.Seen;
import org.culvert.it.wire.RawClient;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests go to the backend and answers to the client, whole and in every form HTTP has. */
@ArquillianTest
class HttpIT {
  private static final Origin ORIGIN = Origin.shared();

  private static final String CONFIGURATION =
      """
      location / {
          proxy_pass %1$s;
      }
      location /who/ {
          proxy_pass %1$s;
          proxy_set_header Host $host;
          proxy_set_header X-Remote-User proxy;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_set_header X-Forwarded-Proto $scheme;
          proxy_set_header X-Context "$context_path|$uri|$request_uri|$args";
      }
      location /prefix/ {
          proxy_pass %1$s/other/;
      }
      location /rules/ {
          proxy_pass %1$s;
          proxy_hide_header X-Secret;
          proxy_cookie_path / /outside/;
          proxy_cookie_domain backend.test client.test;
          add_header X-Added "yes $upstream_status";
          add_header X-Always on always;
      }
      location /intercept/ {
          proxy_pass %1$s;
          proxy_intercept_errors on;
          error_page 404 = /fallback;
          error_page 503 /sorry;
      }
      location = /fallback {
          return 200 "fell back";
      }
      location = /sorry {
          return 503 "sorry";
      }
      location = /gone {
          return 410;
      }
      location = /connection {
          return 200 "$connection $connection_requests";
      }
      location = /moved {
          return 301 /elsewhere;
      }
      """
          .formatted(ORIGIN.url());

  @Deployment(name = "root", testable = false)
  static WebArchive root() {
    return Archives.war(Mount.ROOT, CONFIGURATION);
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return Archives.war(Mount.APP, CONFIGURATION);
  }

  private static RawClient client() throws Exception {
    return new RawClient(Running.port());
  }

  @EveryMount
  void forwardsTheTargetAsItStands(Mount mount) throws Exception {
    String path = ORIGIN.on("/a%20b/%7Ex", Behaviour.answer(200, "ok"));
    try (RawClient client = client()) {
      assertThat(client.request("GET " + mount.path(path) + "?a=%2F&b=+c&d").answer().text())
          .isEqualTo("ok");
    }
    assertThat(ORIGIN.awaitOnly(path).head().startLine())
        .isEqualTo("GET " + path + "?a=%2F&b=+c&d HTTP/1.1");
  }

  @EveryMount
  void replacesThePrefixWhereProxyPassHasAUri(Mount mount) throws Exception {
    String path = ORIGIN.on("/other/x", Behaviour.answer(200, "ok"));
    try (RawClient client = client()) {
      String asked = mount.path(path.replace("/other/", "/prefix/")) + "?q";
      assertThat(client.request("GET " + asked).answer().status()).isEqualTo(200);
    }
    assertThat(ORIGIN.awaitOnly(path).head().target()).isEqualTo(path + "?q");
  }

  @EveryMount
  void forwardsEveryMethodAndItsBody(Mount mount) throws Exception {
    for (String method : new String[] {"GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"}) {
      String path = ORIGIN.on("/method", Behaviour.answer(200, method));
      try (RawClient client = client()) {
        byte[] body = ("body of " + method).getBytes(StandardCharsets.UTF_8);
        var answer = client.request(method + " " + mount.path(path), body).answer();
        assertThat(answer.text()).isEqualTo(method);
      }
      Seen seen = ORIGIN.awaitOnly(path);
      assertThat(seen.head().method()).isEqualTo(method);
      assertThat(seen.text()).isEqualTo("body of " + method);
    }
  }

  @EveryMount
  void forwardsAChunkedBody(Mount mount) throws Exception {
    String path = ORIGIN.on("/chunked", Behaviour.answer(200, "ok"));
    try (RawClient client = client()) {
      client.request("POST " + mount.path(path), "Transfer-Encoding: chunked");
      client.sendChunk("one ".getBytes(StandardCharsets.UTF_8));
      client.sendChunk("two".getBytes(StandardCharsets.UTF_8));
      client.sendChunk(new byte[0]);
      assertThat(client.answer().status()).isEqualTo(200);
    }
    assertThat(ORIGIN.awaitOnly(path).text()).isEqualTo("one two");
  }

  @EveryMount
  void answersByLengthByChunksAndToTheEnd(Mount mount) throws Exception {
    String byLength = ORIGIN.on("/length", Behaviour.answer(200, "by length"));
    String byChunks =
        ORIGIN.on(
            "/chunks",
            Behaviour.bytes(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3\r\nby \r\n6\r\nchunks\r\n0\r\n\r\n",
                After.KEEP_ALIVE));
    String toTheEnd =
        ORIGIN.on("/end", Behaviour.bytes("HTTP/1.0 200 OK\r\n\r\nto the end", After.CLOSE));
    try (RawClient client = client()) {
      assertThat(client.request("GET " + mount.path(byLength)).answer().text())
          .isEqualTo("by length");
      assertThat(client.request("GET " + mount.path(byChunks)).answer().text())
          .isEqualTo("by chunks");
      assertThat(client.request("GET " + mount.path(toTheEnd)).answer().text())
          .isEqualTo("to the end");
    }
  }

  @EveryMount
  void answersWithoutABody(Mount mount) throws Exception {
    String head =
        ORIGIN.on(
            "/head",
            Behaviour.bytes("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", After.KEEP_ALIVE));
    String noContent =
        ORIGIN.on("/204", Behaviour.bytes("HTTP/1.1 204 None\r\n\r\n", After.KEEP_ALIVE));
    String notModified =
        ORIGIN.on(
            "/304", Behaviour.bytes("HTTP/1.1 304 Same\r\nETag: \"x\"\r\n\r\n", After.KEEP_ALIVE));
    try (RawClient client = client()) {
      var answer = client.request("HEAD " + mount.path(head)).bodilessAnswer();
      assertThat(answer.head().length()).isEqualTo(1234);
      assertThat(client.request("GET " + mount.path(noContent)).answer().status()).isEqualTo(204);
      var same = client.request("GET " + mount.path(notModified), "If-None-Match: \"x\"").answer();
      assertThat(same.status()).isEqualTo(304);
      assertThat(same.head().first("ETag")).isEqualTo("\"x\"");
    }
    assertThat(ORIGIN.awaitOnly(head).head().method()).isEqualTo("HEAD");
    assertThat(ORIGIN.awaitOnly(notModified).head().first("If-None-Match")).isEqualTo("\"x\"");
  }

  @EveryMount
  void forwardsRanges(Mount mount) throws Exception {
    String path = ORIGIN.on("/range", Behaviour.answer(206, "cd", "Content-Range: bytes 2-3/6"));
    try (RawClient client = client()) {
      var answer = client.request("GET " + mount.path(path), "Range: bytes=2-3").answer();
      assertThat(answer.status()).isEqualTo(206);
      assertThat(answer.head().first("Content-Range")).isEqualTo("bytes 2-3/6");
      assertThat(answer.text()).isEqualTo("cd");
    }
    assertThat(ORIGIN.awaitOnly(path).head().first("Range")).isEqualTo("bytes=2-3");
  }

  @EveryMount
  void keepsRepeatedFieldsInOrder(Mount mount) throws Exception {
    String path =
        ORIGIN.on(
            "/repeated",
            Behaviour.answer(
                200,
                "",
                "Set-Cookie: b=2; HttpOnly",
                "X-Many: 1",
                "Set-Cookie: a=1; Expires=Wed, 21 Oct 2065 07:28:00 GMT",
                "X-Many: 2",
                "Set-Cookie: b=3"));
    try (RawClient client = client()) {
      var answer = client.request("GET " + mount.path(path), "X-Ask: one", "X-Ask: two").answer();
      assertThat(answer.head().all("Set-Cookie"))
          .containsExactly("b=2; HttpOnly", "a=1; Expires=Wed, 21 Oct 2065 07:28:00 GMT", "b=3");
      assertThat(answer.head().all("X-Many")).containsExactly("1", "2");
    }
    assertThat(ORIGIN.awaitOnly(path).head().all("X-Ask")).containsExactly("one", "two");
  }

  @EveryMount
  void removesHopByHopFieldsOnce(Mount mount) throws Exception {
    String path =
        ORIGIN.on("/hops", Behaviour.answer(200, "", "Keep-Alive: timeout=5", "X-Kept: yes"));
    try (RawClient client = client()) {
      var answer =
          client
              .request(
                  "GET " + mount.path(path),
                  "Connection: keep-alive, X-Hop",
                  "X-Hop: 1",
                  "Keep-Alive: 300",
                  "Proxy-Connection: keep-alive",
                  "TE: gzip",
                  "X_Under_Score: dropped",
                  "X-Kept: yes")
              .answer();
      assertThat(answer.head().all("Keep-Alive")).doesNotContain("timeout=5");
      assertThat(answer.head().first("X-Kept")).isEqualTo("yes");
    }
    var head = ORIGIN.awaitOnly(path).head();
    for (String name :
        new String[] {
          "X-Hop", "Keep-Alive", "Proxy-Connection", "TE", "X_Under_Score", "Upgrade"
        }) {
      assertThat(head.all(name)).as(name).isEmpty();
    }
    assertThat(head.first("X-Kept")).isEqualTo("yes");
    assertThat(head.has("Accept-Encoding")).as("no field of our client's own").isFalse();
    assertThat(head.has("User-Agent")).isFalse();
  }

  @EveryMount
  void aClientCannotRemoveAFieldThatTheLocationSets(Mount mount) throws Exception {
    String path = ORIGIN.on("/who/me", Behaviour.answer(200, ""));
    try (RawClient client = client()) {
      client
          .request(
              "GET " + mount.path(path) + "?x=1",
              "Connection: close, X-Remote-User, X-Forwarded-For",
              "X-Remote-User: evil",
              "x-remote-user: evil",
              "X-Forwarded-For: 10.1.1.1")
          .answer();
    }
    var head = ORIGIN.awaitOnly(path).head();
    assertThat(head.all("X-Remote-User")).containsExactly("proxy");
    assertThat(head.all("Host")).containsExactly("client.test");
    assertThat(head.first("X-Forwarded-For")).endsWith("127.0.0.1");
    assertThat(head.first("X-Forwarded-Proto")).isEqualTo("http");
    assertThat(head.first("X-Context"))
        .isEqualTo(mount.contextPath() + "|" + path + "|" + mount.path(path) + "?x=1|x=1");
  }

  @EveryMount
  void understandsTheAbsoluteForm(Mount mount) throws Exception {
    String path = ORIGIN.on("/who/absolute", Behaviour.answer(200, "ok"));
    try (RawClient client = client()) {
      client.send(
          "GET http://else.test" + mount.path(path) + "?q HTTP/1.1\r\nHost: else.test\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(200);
    }
    var head = ORIGIN.awaitOnly(path).head();
    assertThat(head.target()).isEqualTo(path + "?q");
    assertThat(head.first("Host")).isEqualTo("else.test");
  }

  @EveryMount
  void speaksToOldClients(Mount mount) throws Exception {
    String path =
        ORIGIN.on(
            "/old",
            Behaviour.bytes(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
                After.KEEP_ALIVE));
    try (RawClient client = client()) {
      client.send("GET " + mount.path(path) + " HTTP/1.0\r\nHost: client.test\r\n\r\n");
      var answer = client.answer();
      assertThat(answer.head().chunked()).isFalse();
      assertThat(answer.text()).isEqualTo("body");
    }
  }

  @EveryMount
  void passesExpectContinue(Mount mount) throws Exception {
    String path = ORIGIN.on("/expect", Behaviour.answer(200, "got it"));
    try (RawClient client = client()) {
      client.request("POST " + mount.path(path), "Expect: 100-continue", "Content-Length: 4");
      assertThat(client.readHead().status()).isEqualTo(100);
      client.send("body");
      var answer = client.answer();
      assertThat(answer.text()).isEqualTo("got it");
    }
    assertThat(ORIGIN.awaitOnly(path).text()).isEqualTo("body");
  }

  @EveryMount
  void dropsInterimAnswersOrPassesThem(Mount mount) throws Exception {
    String path =
        ORIGIN.on(
            "/interim",
            Behaviour.bytes(
                "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
                    + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                After.KEEP_ALIVE));
    try (RawClient client = client()) {
      client.request("GET " + mount.path(path));
      var head = client.readHead();
      if (head.status() == 103) {
        head = client.readHead();
      }
      assertThat(head.status()).isEqualTo(200);
      assertThat(new String(client.readBody(head), StandardCharsets.UTF_8)).isEqualTo("ok");
    }
  }

  @EveryMount
  void keepsTheConnectionToTheBackend(Mount mount) throws Exception {
    String path = ORIGIN.on("/kept", Behaviour.answer(200, "ok"));
    try (RawClient client = client()) {
      for (int i = 0; i < 10; i++) {
        assertThat(client.request("GET " + mount.path(path)).answer().status()).isEqualTo(200);
      }
    }
    assertThat(ORIGIN.await(path, 10).stream().map(Seen::connection).distinct())
        .as("an answer may be read before its connection is free again")
        .hasSizeLessThan(3);
  }

  @EveryMount
  void appliesTheResponseRules(Mount mount) throws Exception {
    String path =
        ORIGIN.on(
            "/rules/x",
            Behaviour.answer(
                200,
                "",
                "X-Secret: 1",
                "Server: scripted",
                "X-Accel-Expires: 1",
                "Set-Cookie: a=1; Path=/deep; Domain=backend.test"));
    try (RawClient client = client()) {
      var head = client.request("GET " + mount.path(path)).answer().head();
      assertThat(head.has("X-Secret")).isFalse();
      assertThat(head.has("X-Accel-Expires")).isFalse();
      assertThat(head.all("Server")).doesNotContain("scripted");
      assertThat(head.first("Set-Cookie").toLowerCase(java.util.Locale.ROOT))
          .contains("path=" + mount.path("/outside/deep"))
          .contains("domain=client.test");
      assertThat(head.first("X-Added")).isEqualTo("yes 200");
      assertThat(head.first("X-Always")).isEqualTo("on");
    }
  }

  @EveryMount
  void addsFieldsToErrorsOnlyWhereToldAlways(Mount mount) throws Exception {
    String path = ORIGIN.on("/rules/error", Behaviour.answer(500, "broken"));
    try (RawClient client = client()) {
      var answer = client.request("GET " + mount.path(path)).answer();
      assertThat(answer.status()).isEqualTo(500);
      assertThat(answer.text()).isEqualTo("broken");
      assertThat(answer.head().has("X-Added")).isFalse();
      assertThat(answer.head().first("X-Always")).isEqualTo("on");
    }
  }

  @EveryMount
  void mapsRedirectsOfTheBackendToItself(Mount mount) throws Exception {
    String path =
        ORIGIN.on("/redirect", Behaviour.answer(302, "", "Location: " + ORIGIN.url() + "/next?x"));
    try (RawClient client = client()) {
      var answer = client.request("GET " + mount.path(path)).answer();
      assertThat(answer.status()).isEqualTo(302);
      assertThat(answer.head().first("Location"))
          .matches(
              "http://client\\.test(:\\d+)?"
                  + java.util.regex.Pattern.quote(mount.path("/next?x")));
    }
  }

  @EveryMount
  void interceptsErrorsWhereTold(Mount mount) throws Exception {
    String missing = ORIGIN.on("/intercept/missing", Behaviour.answer(404, "backend's page"));
    String broken = ORIGIN.on("/intercept/broken", Behaviour.answer(503, "backend's page"));
    String other = ORIGIN.on("/intercept/other", Behaviour.answer(500, "backend's page"));
    assertAnswer(mount, missing, 200, "fell back");
    assertAnswer(mount, broken, 503, "sorry");
    assertAnswer(mount, other, 500, "backend's page");
  }

  private static void assertAnswer(Mount mount, String path, int status, String text)
      throws Exception {
    try (RawClient client = client()) { // Tomcat ends the connection after some statuses
      var answer = client.request("GET " + mount.path(path)).answer();
      assertThat(answer.status()).isEqualTo(status);
      assertThat(answer.text()).isEqualTo(text);
    }
  }

  @EveryMount
  void answersItself(Mount mount) throws Exception {
    try (RawClient client = client()) {
      var gone = client.request("GET " + mount.path("/gone")).answer();
      assertThat(gone.status()).isEqualTo(410);
      assertThat(gone.text()).contains("410 Gone");
      var moved = client.request("GET " + mount.path("/moved")).answer();
      assertThat(moved.status()).isEqualTo(301);
      assertThat(moved.head().first("Location")).endsWith("/elsewhere");
    }
  }

  /** As nginx, which has no applications: what the connection carried to others counts too. */
  @Test
  @Timeout(60)
  void numbersConnectionsAndTheirRequests() throws Exception {
    String root = Mount.ROOT.path("/connection");
    String app = Mount.APP.path("/connection");
    try (RawClient one = client();
        RawClient other = client()) {
      String[] first = one.request("GET " + root).answer().text().split(" ");
      String[] second = one.request("GET " + app).answer().text().split(" ");
      String[] others = other.request("GET " + app).answer().text().split(" ");
      String[] third = one.request("GET " + app).answer().text().split(" ");

      assertThat(List.of(first[1], second[1], third[1])).containsExactly("1", "2", "3");
      assertThat(others[1]).isEqualTo("1");
      assertThat(List.of(second[0], third[0])).containsOnly(first[0]);
      assertThat(others[0]).isNotEqualTo(first[0]);
    }
  }

  @EveryMount
  void oneUsersCookieNeverReachesAnothersRequest(Mount mount) throws Exception {
    String login = ORIGIN.on("/login", Behaviour.answer(200, "", "Set-Cookie: session=alice"));
    String page = ORIGIN.on("/page", Behaviour.answer(200, "page"));
    try (RawClient alice = client();
        RawClient bob = client()) {
      alice.request("GET " + mount.path(login)).answer();
      bob.request("GET " + mount.path(page)).answer();
      alice.request("GET " + mount.path(page), "Cookie: session=alice").answer();
      bob.request("GET " + mount.path(page)).answer();
    }
    assertThat(ORIGIN.await(page, 3).stream().map(seen -> seen.head().all("Cookie")))
        .containsExactly(
            java.util.List.of(), java.util.List.of("session=alice"), java.util.List.of());
  }
}
