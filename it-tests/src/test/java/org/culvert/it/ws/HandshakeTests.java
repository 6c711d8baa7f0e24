package org.culvert.it.ws;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.culvert.it.Await;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.Fault;
import org.culvert.it.origin.Behaviour.Talk;
import org.culvert.it.origin.Handed;
import org.culvert.it.origin.Origin;
import org.culvert.it.origin.Seen;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.Head;
import org.culvert.it.wire.RawClient;
import org.culvert.it.wire.RawWebSocket;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The client's handshake is completed after the backend's valid 101, and in no other case. These
 * hold whatever carries the WebSocket then.
 */
@ArquillianTest
abstract class HandshakeTests {
  static final Origin ORIGIN = Origin.shared();

  static String configuration(String mode) {
    return """
        location / {
            proxy_pass %1$s;
            proxy_websocket %3$s;
        }
        location /seed {
            proxy_pass %1$s;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_set_header Host $host;
            proxy_http_version 1.1;
        }
        location /auto {
            proxy_pass %1$s;
            proxy_websocket auto;
        }
        location /off/ {
            proxy_pass %1$s;
            proxy_websocket off;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
        }
        location /plain/ {
            proxy_pass %1$s;
        }
        location /rules/ {
            proxy_pass %1$s;
            proxy_websocket %3$s;
            proxy_hide_header X-Secret;
            proxy_cookie_path / /outside/;
            proxy_set_header X-Remote-User proxy;
            add_header X-Always on always;
        }
        location /quick/ {
            proxy_pass %1$s;
            proxy_websocket %3$s;
            proxy_read_timeout 1s;
        }
        location /refused {
            proxy_pass http://127.0.0.1:%2$d;
            proxy_websocket %3$s;
        }
        """
        .formatted(ORIGIN.url(), Origin.refusedPort(), mode);
  }

  static RawWebSocket open(Mount mount, String path, String... fields) throws IOException {
    return RawWebSocket.open(Running.port(), mount.path(path), fields);
  }

  private static RawClient.Answer refused(Mount mount, String path, String... fields)
      throws Exception {
    try (RawClient client = new RawClient(Running.port())) {
      return client.request("GET " + mount.path(path), fields).answer();
    }
  }

  @EveryMount
  void opensWithTheSeedsLinesOrWithOne(Mount mount) throws Exception {
    for (String prefix : new String[] {"/seed", "/one", "/auto"}) {
      String path = ORIGIN.on(prefix, Behaviour.webSocket(Talk.ECHO));
      try (RawWebSocket socket = open(mount, path + "?room=1&x=%20", "Cookie: a=1")) {
        assertThat(socket.send(Frame.text("hello")).readMessage()).isEqualTo(Frame.text("hello"));
        socket.shut();
      }
      Head head = ORIGIN.awaitOnly(path).head();
      assertThat(head.startLine()).isEqualTo("GET " + path + "?room=1&x=%20 HTTP/1.1");
      assertThat(head.first("Upgrade")).isEqualToIgnoringCase("websocket");
      assertThat(head.first("Connection")).containsIgnoringCase("upgrade");
      assertThat(head.all("Sec-WebSocket-Version")).containsExactly("13");
      assertThat(head.all("Sec-WebSocket-Key")).hasSize(1);
      assertThat(head.all("Cookie")).containsExactly("a=1");
      assertThat(head.has("Sec-WebSocket-Extensions")).isFalse();
      assertThat(head.has("Pragma")).isFalse();
      assertThat(head.has("Cache-Control")).isFalse();
      assertThat(head.has("User-Agent")).isFalse();
    }
  }

  @EveryMount
  void understandsEverySpellingOfTheOffer(Mount mount) throws Exception {
    String path = ORIGIN.on("/spelling", Behaviour.webSocket(Talk.ECHO));
    String[][] offers = {
      {"Upgrade: websocket", "Connection: keep-alive, Upgrade"},
      {"upgrade: WebSocket", "connection: UPGRADE"},
      {"Upgrade: websocket", "Connection: keep-alive", "Connection: upgrade"},
    };
    for (String[] offer : offers) {
      List<String> fields = new ArrayList<>(List.of(offer));
      fields.add("Sec-WebSocket-Version: 13");
      fields.add("Sec-WebSocket-Key: " + RawWebSocket.KEY);
      try (RawClient client = new RawClient(Running.port())) {
        client.request("GET " + mount.path(path), fields.toArray(String[]::new));
        Head head = client.readHead();
        assertThat(head.status()).as(fields.toString()).isEqualTo(101);
        assertThat(head.first("Sec-WebSocket-Accept")).isEqualTo(RawWebSocket.ACCEPT);
        client.abandon();
      }
    }
  }

  @EveryMount
  void isAPlainRequestWhereNoUpgradeIsWanted(Mount mount) throws Exception {
    String plain = ORIGIN.on("/plain/x", Behaviour.answer(200, "plain"));
    String off = ORIGIN.on("/off/x", Behaviour.answer(200, "plain"));
    for (String path : new String[] {plain, off}) {
      assertThat(refused(mount, path, RawWebSocket.offer()).text()).isEqualTo("plain");
      Head head = ORIGIN.awaitOnly(path).head();
      assertThat(head.has("Upgrade")).isFalse();
      assertThat(head.all("Connection").toString()).doesNotContainIgnoringCase("upgrade");
    }
  }

  @EveryMount
  void isAPlainRequestWithoutAnOffer(Mount mount) throws Exception {
    String path = ORIGIN.on("/page", Behaviour.answer(200, "page"));
    assertThat(refused(mount, path).text()).isEqualTo("page");
    assertThat(ORIGIN.awaitOnly(path).head().has("Upgrade")).isFalse();
  }

  @EveryMount
  void neverForwardsAnotherToken(Mount mount) throws Exception {
    for (String token : new String[] {"h2c", "TLS/1.0", "foo", "h2c, websocket2"}) {
      String path = ORIGIN.on("/token", Behaviour.answer(200, "plain"));
      var answer =
          refused(
              mount,
              path,
              "Upgrade: " + token,
              "Connection: Upgrade, HTTP2-Settings",
              "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA");
      assertThat(answer.text()).as(token).isEqualTo("plain");
      Head head = ORIGIN.awaitOnly(path).head();
      assertThat(head.has("Upgrade")).as(token).isFalse();
      assertThat(head.has("HTTP2-Settings")).as(token).isFalse();
      assertThat(head.all("Connection").toString()).doesNotContainIgnoringCase("upgrade");
    }
  }

  @EveryMount
  void isNoUpgradeForOldClientsOrOtherMethods(Mount mount) throws Exception {
    String path = ORIGIN.on("/old", Behaviour.answer(200, "plain"));
    try (RawClient client = new RawClient(Running.port())) {
      client.send(
          "GET "
              + mount.path(path)
              + " HTTP/1.0\r\nHost: client.test\r\n"
              + String.join("\r\n", RawWebSocket.offer())
              + "\r\n\r\n");
      assertThat(client.answer().text()).isEqualTo("plain");
    }
    try (RawClient client = new RawClient(Running.port())) {
      client.request("POST " + mount.path(path), new byte[0], RawWebSocket.offer());
      assertThat(client.answer().text()).isEqualTo("plain");
    }
    assertThat(ORIGIN.await(path, 2)).allMatch(seen -> !seen.head().has("Upgrade"));
  }

  @EveryMount
  void refusesOtherVersions(Mount mount) throws Exception {
    String path = ORIGIN.on("/version", Behaviour.webSocket(Talk.ECHO));
    for (String version : new String[] {"8", "14", "x"}) {
      String[] offer = RawWebSocket.offer();
      offer[2] = "Sec-WebSocket-Version: " + version;
      var answer = refused(mount, path, offer);
      assertThat(answer.status()).isEqualTo(426);
      assertThat(answer.head().first("Sec-WebSocket-Version")).isEqualTo("13");
      assertThat(answer.head().first("Upgrade")).isEqualTo("websocket");
      assertThat(answer.head().all("Connection").toString()).containsIgnoringCase("upgrade");
    }
    assertThat(ORIGIN.seen(path)).isEmpty();
  }

  @EveryMount
  void refusesBadKeys(Mount mount) throws Exception {
    String path = ORIGIN.on("/key", Behaviour.webSocket(Talk.ECHO));
    for (String key :
        new String[] {
          "X-No: key", "Sec-WebSocket-Key: short", "Sec-WebSocket-Key: ###############"
        }) {
      String[] offer = RawWebSocket.offer();
      offer[3] = key;
      assertThat(refused(mount, path, offer).status()).as(key).isEqualTo(400);
    }
    String[] two = RawWebSocket.offer("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==");
    assertThat(refused(mount, path, two).status()).isEqualTo(400);
    assertThat(ORIGIN.seen(path)).isEmpty();
  }

  @EveryMount
  void refusesAnUpgradeWithABody(Mount mount) throws Exception {
    String path = ORIGIN.on("/body", Behaviour.webSocket(Talk.ECHO));
    for (String field : new String[] {"Content-Length: 4", "Transfer-Encoding: chunked"}) {
      try (RawClient client = new RawClient(Running.port())) {
        client.request("GET " + mount.path(path), RawWebSocket.offer(field));
        assertThat(client.readHead().status()).as(field).isEqualTo(400);
        client.abandon();
      }
    }
    assertThat(ORIGIN.seen(path)).isEmpty();
  }

  @EveryMount
  void theSubprotocolIsTheBackendsChoice(Mount mount) throws Exception {
    String second =
        ORIGIN.on("/two", Behaviour.webSocket(Talk.ECHO, "Sec-WebSocket-Protocol: b.v2"));
    try (RawWebSocket socket = open(mount, second, "Sec-WebSocket-Protocol: a.v1, b.v2")) {
      assertThat(socket.head().all("Sec-WebSocket-Protocol")).containsExactly("b.v2");
      socket.shut();
    }
    assertThat(String.join(", ", ORIGIN.awaitOnly(second).head().all("Sec-WebSocket-Protocol")))
        .isEqualTo("a.v1, b.v2");

    String none = ORIGIN.on("/none", Behaviour.webSocket(Talk.ECHO));
    try (RawWebSocket socket = open(mount, none, "Sec-WebSocket-Protocol: a.v1, b.v2")) {
      assertThat(socket.head().has("Sec-WebSocket-Protocol")).isFalse();
      socket.shut();
    }
  }

  @EveryMount
  void aSubprotocolThatWasNeverOfferedIsABadGateway(Mount mount) throws Exception {
    String path = ORIGIN.on("/odd", Behaviour.webSocket(Talk.ECHO, "Sec-WebSocket-Protocol: c"));
    assertThat(refused(mount, path, RawWebSocket.offer("Sec-WebSocket-Protocol: a, b")).status())
        .isEqualTo(502);
    assertThat(refused(mount, path, RawWebSocket.offer()).status()).isEqualTo(502);
  }

  @EveryMount
  void anExtensionThatWasNeverOfferedIsABadGateway(Mount mount) throws Exception {
    String path =
        ORIGIN.on("/forward", Behaviour.webSocket(Talk.ECHO, "Sec-WebSocket-Extensions: x"));
    assertThat(refused(mount, path, RawWebSocket.offer()).status()).isEqualTo(502);
  }

  @EveryMount
  void theBackendsFieldsComeWithThe101(Mount mount) throws Exception {
    String path =
        ORIGIN.on(
            "/rules/x",
            Behaviour.webSocket(
                Talk.ECHO,
                "X-Custom: 1",
                "X-Secret: 2",
                "Set-Cookie: a=1; Path=/deep",
                "Set-Cookie: b=2"));
    try (RawWebSocket socket = open(mount, path, "X-Remote-User: evil", "X-Custom-Request: kept")) {
      Head head = socket.head();
      assertThat(head.first("X-Custom")).isEqualTo("1");
      assertThat(head.has("X-Secret")).isFalse();
      assertThat(head.all("Set-Cookie")).hasSize(2);
      assertThat(head.all("Set-Cookie").get(0)).contains("/outside/deep");
      assertThat(head.all("X-Always")).containsExactly("on");
      assertThat(head.all("Upgrade")).hasSize(1);
      assertThat(head.all("Connection")).hasSize(1);
      socket.shut();
    }
    Head seen = ORIGIN.awaitOnly(path).head();
    assertThat(seen.all("X-Remote-User")).containsExactly("proxy");
    assertThat(seen.first("X-Custom-Request")).isEqualTo("kept");
  }

  @EveryMount
  void aRefusalReachesTheClientWhole(Mount mount) throws Exception {
    int[] statuses = {401, 403, 404, 302, 429, 500, 200};
    for (int status : statuses) {
      String path =
          ORIGIN.on(
              "/refusal",
              Behaviour.answer(
                  status,
                  "because " + status,
                  "WWW-Authenticate: Basic realm=\"x\"",
                  "Location: " + ORIGIN.url() + "/login",
                  "Retry-After: 7",
                  "Set-Cookie: a=1"));
      try (RawClient client = new RawClient(Running.port())) {
        client.request("GET " + mount.path(path), RawWebSocket.offer());
        var answer = client.answer();
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.text()).isEqualTo("because " + status);
        assertThat(answer.head().first("WWW-Authenticate")).isEqualTo("Basic realm=\"x\"");
        assertThat(answer.head().first("Location")).endsWith(mount.path("/login"));
        assertThat(answer.head().first("Retry-After")).isEqualTo("7");
        assertThat(answer.head().first("Set-Cookie")).startsWith("a=1");
      }
    }
  }

  @EveryMount
  void bytesBeforeARefusalAreTheNextRequest(Mount mount) throws Exception {
    String refusing = ORIGIN.on("/refusing", Behaviour.answer(403, "no"));
    String next = ORIGIN.on("/next", Behaviour.answer(200, "next"));
    try (RawClient client = new RawClient(Running.port())) {
      client.send(
          "GET "
              + mount.path(refusing)
              + " HTTP/1.1\r\nHost: client.test\r\n"
              + String.join("\r\n", RawWebSocket.offer())
              + "\r\n\r\nGET "
              + mount.path(next)
              + " HTTP/1.1\r\nHost: client.test\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(403);
      assertThat(client.answer().text()).isEqualTo("next");
    }
    assertThat(ORIGIN.seen(refusing)).hasSize(1);
    assertThat(ORIGIN.seen(next)).hasSize(1);
  }

  @EveryMount
  void aFaulty101IsABadGatewayAndItsConnectionIsDestroyed(Mount mount) throws Exception {
    for (Fault fault : Fault.values()) {
      if (fault == Fault.NONE) {
        continue;
      }
      String path = ORIGIN.on("/faulty", Behaviour.faulty(fault));
      assertThat(refused(mount, path, RawWebSocket.offer()).status())
          .as(fault.toString())
          .isEqualTo(502);
    }
  }

  @EveryMount
  void aBackendThatFailsIsABadGateway(Mount mount) throws Exception {
    String closes = ORIGIN.on("/closes", Behaviour.close());
    String resets = ORIGIN.on("/resets", Behaviour.reset());
    for (String path : new String[] {"/refused", closes, resets}) {
      var answer = refused(mount, path, RawWebSocket.offer());
      assertThat(answer.status()).as(path).isEqualTo(502);
      assertThat(answer.text()).contains("502 Bad Gateway");
    }
  }

  @EveryMount
  void aBackendThatSaysNothingIsATimeout(Mount mount) throws Exception {
    String path = ORIGIN.on("/quick/stalls", new Behaviour.HandOver());
    try (RawClient client = new RawClient(Running.port())) {
      client.request("GET " + mount.path(path), RawWebSocket.offer());
      try (Handed backend = ORIGIN.take(path)) {
        assertThat(client.answer().status()).isEqualTo(504);
        backend.wire().awaitEnd();
      }
    }
  }

  @EveryMount
  void theClientIsAnsweredAfterTheBackend(Mount mount) throws Exception {
    String path = ORIGIN.on("/order", new Behaviour.HandOver());
    try (RawClient client = new RawClient(Running.port())) {
      client.request("GET " + mount.path(path), RawWebSocket.offer());
      try (Handed backend = ORIGIN.take(path)) {
        client.patience(Duration.ofMillis(300));
        assertThat(org.assertj.core.api.Assertions.catchThrowable(client::readHead))
            .isInstanceOf(java.net.SocketTimeoutException.class);
        client.patience(Duration.ofSeconds(10));
        backend
            .wire()
            .send(
                "HTTP/1.1 101 Ok\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: "
                    + RawWebSocket.accept(backend.head().first("Sec-WebSocket-Key"))
                    + "\r\n\r\n");
        assertThat(client.readHead().status()).isEqualTo(101);
      }
      client.abandon();
    }
  }

  @EveryMount
  void whatComesWithThe101IsNotLost(Mount mount) throws Exception {
    byte[] together = {(byte) 0x81, 5, 'f', 'i', 'r', 's', 't', (byte) 0x82, 1, 7};
    String path =
        ORIGIN.on("/together", new Behaviour.Upgrade(Fault.NONE, List.of(), together, Talk.ECHO));
    try (RawWebSocket socket = open(mount, path)) {
      assertThat(socket.readMessage()).isEqualTo(Frame.text("first"));
      assertThat(socket.readMessage()).isEqualTo(Frame.binary(new byte[] {7}));
      assertThat(socket.send(Frame.text("then")).readMessage()).isEqualTo(Frame.text("then"));
      socket.shut();
    }
  }

  @EveryMount
  void whatTheClientSendsWithItsOfferIsNotLost(Mount mount) throws Exception {
    String path = ORIGIN.on("/eager", Behaviour.webSocket(Talk.ECHO));
    try (RawClient client = new RawClient(Running.port())) {
      RawWebSocket early = new RawWebSocket(client, true, null);
      client.send(
          "GET "
              + mount.path(path)
              + " HTTP/1.1\r\nHost: client.test\r\n"
              + String.join("\r\n", RawWebSocket.offer())
              + "\r\n\r\n");
      client.send(early.encode(Frame.text("eager")));
      assertThat(client.readHead().status()).isEqualTo(101);
      assertThat(early.readMessage()).isEqualTo(Frame.text("eager"));
      early.shut();
      client.abandon();
    }
  }

  @Test
  @Timeout(30)
  void aClientThatLeavesWhileDiallingEndsTheBackendsConnection() throws Exception {
    // at both mounts at once: on Tomcat it is a watchdog that notices, after some seconds
    List<Handed> backends = new ArrayList<>();
    for (Mount mount : Mount.values()) {
      String path = ORIGIN.on("/leaves", new Behaviour.HandOver());
      RawClient client = new RawClient(Running.port());
      client.request("GET " + mount.path(path), RawWebSocket.offer());
      backends.add(ORIGIN.take(path));
      client.reset();
    }
    for (Handed backend : backends) {
      backend
          .wire()
          .send(
              "HTTP/1.1 101 Ok\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  + "Sec-WebSocket-Accept: "
                  + RawWebSocket.accept(backend.head().first("Sec-WebSocket-Key"))
                  + "\r\n\r\n");
    }
    for (Handed backend : backends) {
      backend.wire().patience(Duration.ofSeconds(20));
      RawWebSocket socket = new RawWebSocket(backend.wire(), false, backend.head());
      Frame frame = socket.readOrEnd(); // a Close at most, then the end
      if (frame != null) {
        assertThat(frame.opcode()).isEqualTo(Frame.CLOSE);
        assertThat(socket.readOrEnd()).isNull();
      }
      backend.close();
    }
  }

  @EveryMount
  void pendingDialsHoldNoThread(Mount mount) throws Exception {
    String stalled = ORIGIN.on("/pending", Behaviour.stall());
    String plain = ORIGIN.on("/answers", Behaviour.answer(200, "ok"));
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 50; i++) {
        RawClient client = new RawClient(Running.port());
        clients.add(client);
        client.request("GET " + mount.path(stalled), RawWebSocket.offer());
      }
      ORIGIN.await(stalled, 50);
      Await.atLeastOnce(
          () -> {
            long start = System.nanoTime();
            assertThat(refused(mount, plain).text()).isEqualTo("ok");
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isLessThan(Duration.ofSeconds(1));
          });
    } finally {
      for (RawClient client : clients) {
        client.abandon();
        client.close();
      }
    }
  }

  @EveryMount
  void oneUsersCookieNeverReachesAnothersHandshake(Mount mount) throws Exception {
    String login =
        ORIGIN.on("/login", Behaviour.webSocket(Talk.ECHO, "Set-Cookie: session=alice; Path=/"));
    String chat = ORIGIN.on("/chat", Behaviour.webSocket(Talk.ECHO));
    try (RawWebSocket alice = open(mount, login);
        RawWebSocket bob = open(mount, chat);
        RawWebSocket carol = open(mount, chat, "Cookie: session=carol")) {
      alice.shut();
      bob.shut();
      carol.shut();
    }
    assertThat(ORIGIN.await(chat, 2).stream().map(Seen::head).map(head -> head.all("Cookie")))
        .containsExactly(List.of(), List.of("session=carol"));
  }

  @EveryMount
  void theInternalEndpointIsNotReachable(Mount mount) throws Exception {
    // whatever its path is, a request that did not come through a location opens nothing there
    for (String path : new String[] {"/org.culvert.relay", "/culvert", "/.culvert"}) {
      ORIGIN.at(path, Behaviour.answer(404, "not here"));
      assertThat(refused(mount, path, RawWebSocket.offer()).status()).isEqualTo(404);
    }
  }

  @EveryMount
  void openSocketsComeAndGo(Mount mount) throws Exception {
    String path = ORIGIN.on("/comes", Behaviour.webSocket(Talk.ECHO));
    int before = ORIGIN.openConnections();
    for (int i = 0; i < 100; i++) {
      try (RawWebSocket socket = open(mount, path)) {
        assertThat(socket.send(Frame.text("x")).readMessage()).isEqualTo(Frame.text("x"));
        if (i % 2 == 0) {
          socket.shut();
        } else {
          socket.reset();
        }
      }
    }
    assertThat(Await.until(Duration.ofSeconds(10), () -> ORIGIN.openConnections() <= before + 2))
        .as("open to the backend: " + ORIGIN.openConnections() + ", before: " + before)
        .isTrue();
  }
}
