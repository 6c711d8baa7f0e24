package org.culvert.it.jar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.Talk;
import org.culvert.it.origin.Origin;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.Head;
import org.culvert.it.wire.RawClient;
import org.culvert.it.wire.RawWebSocket;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** The JAR in an application: locations are proxied, all else is the application's. */
@ArquillianTest
class JarIT {
  private static final Origin ORIGIN = Origin.shared();

  /** The ways in which a filter is declared; each has an area of its own that it guards. */
  private static final List<String> DECLARED =
      List.of("descriptor", "annotation", "initializer", "listener");

  private static final String CONFIGURATION =
      """
      proxy_websocket relay;
      if ($http_x_blocked) {
          return 403;
      }
      rewrite ^/rewritten/(.*)$ /api/$1 last;
      location /own/ {
          if ($arg_moved) {
              return 307 /elsewhere;
          }
      }
      location /api/ {
          proxy_pass %1$s;
          proxy_set_header X-User $remote_user;
      }
      location /api/auto/ {
          proxy_pass %1$s;
          proxy_websocket auto;
          proxy_set_header X-User $remote_user;
      }
      location ~ ^/(sync|constrained|secret-[a-z]+)/ {
          proxy_pass %1$s;
      }
      location ^~ /sync/auto/ {
          proxy_pass %1$s;
          proxy_websocket auto;
      }
      location /own/proxied/ {
          proxy_pass %1$s;
      }
      """
          .formatted(ORIGIN.url());

  @Deployment(name = "root", testable = false)
  static WebArchive root() {
    return Application.with(Mount.ROOT, CONFIGURATION);
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return Application.with(Mount.APP, CONFIGURATION);
  }

  private static RawClient.Answer get(Mount mount, String path, String... fields) throws Exception {
    try (RawClient client = new RawClient(Running.port())) {
      return client.request("GET " + mount.path(path), fields).answer();
    }
  }

  @EveryMount
  void whatNoLocationMatchesIsTheApplications(Mount mount) throws Exception {
    assertThat(get(mount, "/").text()).isEqualTo("home page");
    assertThat(get(mount, "/pages/own.txt").text()).isEqualTo("own page");
    assertThat(get(mount, "/own/x").text()).isEqualTo("own GET /x");
    assertThat(get(mount, "/nowhere").status()).isEqualTo(404);
    try (RawWebSocket socket = RawWebSocket.open(Running.port(), mount.path("/own-socket/me"))) {
      assertThat(socket.send(Frame.text("hello")).readMessage())
          .isEqualTo(Frame.text("own me hello"));
      socket.shut();
    }
  }

  @EveryMount
  void whatALocationMatchesIsProxied(Mount mount) throws Exception {
    for (String prefix : new String[] {"/api/x", "/own/proxied/x"}) {
      String path = ORIGIN.on(prefix, Behaviour.answer(200, "proxied"));
      assertThat(get(mount, path).text()).isEqualTo("proxied");
    }
    for (String prefix : new String[] {"/api/socket", "/api/auto/socket"}) {
      assertEchoes(mount, ORIGIN.on(prefix, Behaviour.webSocket(Talk.ECHO)));
    }
  }

  @EveryMount
  void whatTheRewritingAnswersOrRewritesIsNotTheApplications(Mount mount) throws Exception {
    assertThat(get(mount, "/pages/own.txt").text()).isEqualTo("own page");
    assertThat(get(mount, "/pages/own.txt", "X-Blocked: yes").status()).isEqualTo(403);
    assertThat(get(mount, "/own/x").text()).isEqualTo("own GET /x");
    assertThat(get(mount, "/own/x?moved=0").text()).isEqualTo("own GET /x");
    assertThat(get(mount, "/own/x?moved=1").status()).isEqualTo(307);
    String path = ORIGIN.on("/api/x", Behaviour.answer(200, "proxied"));
    assertThat(get(mount, path.replace("/api/", "/rewritten/")).text()).isEqualTo("proxied");
    String socket = ORIGIN.on("/api/socket", Behaviour.webSocket(Talk.ECHO));
    assertEchoes(mount, socket.replace("/api/", "/rewritten/"));
  }

  private static void assertEchoes(Mount mount, String path) throws Exception {
    try (RawWebSocket socket = RawWebSocket.open(Running.port(), mount.path(path))) {
      assertThat(socket.send(Frame.text("hello")).readMessage()).isEqualTo(Frame.text("hello"));
      socket.shut();
    }
  }

  @EveryMount
  void aFilterThatDeniesLetsNoByteThrough(Mount mount) throws Exception {
    for (String declared : DECLARED) {
      String path = ORIGIN.on("/api/denied", Behaviour.answer(200, "leaked"));
      var answer = get(mount, path, "X-Deny: " + declared);
      assertThat(answer.status()).as(declared).isEqualTo(403);
      assertThat(answer.text()).isEqualTo("denied by " + declared);
      assertThat(ORIGIN.seen(path)).isEmpty();
      for (String prefix : new String[] {"/api/denied-socket", "/api/auto/denied-socket"}) {
        String socket = ORIGIN.on(prefix, Behaviour.webSocket(Talk.ECHO));
        var refused = get(mount, socket, RawWebSocket.offer("X-Deny: " + declared));
        assertThat(refused.status()).as(declared).isEqualTo(403);
        assertThat(ORIGIN.seen(socket)).isEmpty();
      }
    }
  }

  @EveryMount
  void aConstraintOfTheContainersDenies(Mount mount) throws Exception {
    String path = ORIGIN.on("/constrained/x", Behaviour.answer(200, "leaked"));
    assertThat(get(mount, path).status()).isEqualTo(403);
    assertThat(get(mount, path, RawWebSocket.offer()).status()).isEqualTo(403);
    assertThat(ORIGIN.seen(path)).isEmpty();
  }

  @EveryMount
  void theUserIsTheOneThatTheApplicationLoggedIn(Mount mount) throws Exception {
    String path = ORIGIN.on("/api/user", Behaviour.answer(200, "ok"));
    get(mount, path, "X-Login: alice");
    get(mount, path, "X-User: mallory");
    assertThat(ORIGIN.await(path, 2).stream().map(seen -> seen.head().all("X-User")))
        .containsExactly(List.of("alice"), List.of());
    for (String prefix : new String[] {"/api/user-socket", "/api/auto/user-socket"}) {
      String socket = ORIGIN.on(prefix, Behaviour.webSocket(Talk.ECHO));
      try (RawWebSocket open =
          RawWebSocket.open(Running.port(), mount.path(socket), "X-Login: bob", "X-User: eve")) {
        open.shut();
      }
      assertThat(ORIGIN.awaitOnly(socket).head().all("X-User")).containsExactly("bob");
    }
  }

  @EveryMount
  void aFilterWithoutAsyncInFrontStillWorks(Mount mount) throws Exception {
    String path = ORIGIN.on("/sync/x", new Behaviour.EchoBody());
    try (RawClient client = new RawClient(Running.port())) {
      byte[] body = new byte[300_000];
      assertThat(client.request("PUT " + mount.path(path), body).answer().body()).isEqualTo(body);
      assertThat(client.request("GET " + mount.path(path)).answer().status()).isEqualTo(200);
    }
    String cut =
        ORIGIN.on(
            "/sync/cut",
            Behaviour.bytes(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                Behaviour.After.CLOSE));
    try (RawClient client = new RawClient(Running.port())) {
      client.request("GET " + mount.path(cut));
      Head head = client.readHead();
      java.io.ByteArrayOutputStream rest = new java.io.ByteArrayOutputStream();
      client.drain(rest);
      if (head.status() == 200) {
        assertThat(rest.toString(java.nio.charset.StandardCharsets.ISO_8859_1))
            .doesNotContain("0\r\n\r\n");
      }
    }
    for (String prefix : new String[] {"/sync/", "/sync/auto/"}) {
      assertEchoes(mount, ORIGIN.on(prefix + "socket", Behaviour.webSocket(Talk.ECHO)));
      String refusing = ORIGIN.on(prefix + "refusing", Behaviour.answer(401, "no"));
      assertThat(get(mount, refusing, RawWebSocket.offer()).status()).isEqualTo(401);
    }
  }

  /**
   * The container's idea of the path decides about filters and constraints, the proxy's about the
   * backend's: where they could differ the request is refused.
   */
  @EveryMount
  void noSpellingOfAPathSlipsPastTheFilters(Mount mount) throws Exception {
    List<String> spellings =
        List.of(
            "/secret/x",
            "/%73ecret/x",
            "/api/../secret/x",
            "/api/%2e%2e/secret/x",
            "/api/%2E./secret/x",
            "/api/..;/secret/x",
            "/api/..;a=b/secret/x",
            "/api/.%2e;a/secret/x",
            "//secret/x",
            "/./secret/x",
            "/api/..%2fsecret/x",
            "/api%2f..%2fsecret/x",
            "/api/..\\secret/x",
            "/api/..%5csecret/x",
            "/;a/secret/x",
            "/secret;a=b/x",
            "/secret%00/x",
            "/api/%00/../../secret/x",
            "/api//..//../secret/x",
            "/api/x/..;/..;/secret/x",
            "/constrained;a/../secret/x",
            "/constrained/%2e%2e/secret/x");
    int before = ORIGIN.connections();
    for (String declared : DECLARED) {
      String secret = "/secret-" + declared;
      ORIGIN.at(secret + "/x", Behaviour.answer(200, "leaked"));
      for (String spelling : spellings) {
        String path =
            spelling.replace("/secret", secret).replace("/%73ecret", "/%73ecret-" + declared);
        for (String[] fields : new String[][] {{}, RawWebSocket.offer()}) {
          try (RawClient client = new RawClient(Running.port())) {
            client.request("GET " + mount.path(path), fields);
            assertThat(client.readHead().status()).as(path).isIn(400, 403, 404);
            client.abandon();
          }
        }
      }
      assertThat(ORIGIN.seen(secret + "/x")).isEmpty();
    }
    assertThat(ORIGIN.connections()).isEqualTo(before);
  }
}
