package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.culvert.servlet.RelaySetup.Way;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The handshake: dialled first, answered after. */
@Timeout(60)
class HandshakeTest {
  private static String body(RelaySetup.Client client) throws Exception {
    int length = Integer.parseInt(Wire.field(client.head, "Content-Length"));
    return new String(client.in.readNBytes(length), java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void passesTheBackendsChoiceAndFieldsOn(Way way) throws Exception {
    TestOrigin.Script backend =
        talk -> {
          String head = talk.head();
          talk.send(
              Wire.switching(
                  head,
                  "Sec-WebSocket-Protocol: b",
                  "Set-Cookie: a=1; HttpOnly",
                  "Set-Cookie: b=2",
                  "X-Custom: yes",
                  "Server: hidden"));
          Wire.echo().run(new Wire(talk.in, talk.out, false), talk);
        };
    try (RelaySetup setup = new RelaySetup(way, backend)) {
      RelaySetup.Client client =
          setup.open(
              "Sec-WebSocket-Protocol: a, b",
              "Sec-WebSocket-Extensions: permessage-deflate",
              "Cookie: who=me",
              "Origin: http://example.org");
      assertThat(client.head)
          .containsIgnoringCase("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
          .containsIgnoringCase("Sec-WebSocket-Protocol: b\r\n")
          .contains("Set-Cookie: a=1; HttpOnly\r\n", "Set-Cookie: b=2\r\n", "X-Custom: yes\r\n")
          .doesNotContain("hidden")
          .doesNotContainIgnoringCase("Sec-WebSocket-Extensions");
      String sent = setup.origin.heads.poll(15, TimeUnit.SECONDS);
      assertThat(sent)
          .startsWith("GET /chat HTTP/1.1\r\n")
          .contains(
              "Upgrade: websocket\r\n",
              "Connection: Upgrade\r\n",
              "Sec-WebSocket-Version: 13\r\n",
              "Sec-WebSocket-Protocol: a, b\r\n",
              "Cookie: who=me\r\n",
              "Origin: http://example.org\r\n",
              "Host: backend\r\n")
          .doesNotContainIgnoringCase("keep-alive")
          .doesNotContainIgnoringCase("Pragma")
          .doesNotContainIgnoringCase("User-Agent")
          .doesNotContainIgnoringCase("Accept-Encoding");
      // In a tunnel both are the client's, in a relay each hop has its own.
      assertThat(sent.contains(RelaySetup.KEY)).isEqualTo(way.isTunnel());
      assertThat(sent.contains("Sec-WebSocket-Extensions: permessage-deflate\r\n"))
          .isEqualTo(way.isTunnel());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "TOMCAT_RELAY"})
  void choosesNoSubprotocolWhereTheBackendDoesNot(Way way) throws Exception {
    try (RelaySetup setup = new RelaySetup(way, Wire.backend(Wire.echo()))) {
      assertThat(setup.open("Sec-WebSocket-Protocol: a, b").head)
          .doesNotContainIgnoringCase("Sec-WebSocket-Protocol");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "TOMCAT_RELAY"})
  void passesARefusalOnWithItsBody(Way way) throws Exception {
    for (String status :
        new String[] {
          "401 Unauthorized", "403 Forbidden", "302 Found", "429 Slow", "500 No", "200 OK"
        }) {
      try (RelaySetup setup =
              new RelaySetup(
                  way,
                  TestOrigin.answering(
                      "HTTP/1.1 "
                          + status
                          + "\r\nWWW-Authenticate: Basic realm=\"x\"\r\nLocation: /login\r\n"
                          + "Content-Length: 4\r\n\r\nnope"));
          RelaySetup.Client client = setup.connect()) {
        client.send(RelaySetup.handshake());
        assertThat(client.answer())
            .startsWith("HTTP/1.1 " + status.substring(0, 3))
            .contains("WWW-Authenticate: Basic realm=\"x\"", "Location: /login");
        assertThat(body(client)).isEqualTo("nope");
        assertThat(setup.proxy.count()).isZero();
        if (way.kind == TestFront.Kind.TOMCAT && status.startsWith("500")) {
          continue; // Tomcat closes the connection after it.
        }
        client.send("GET /next HTTP/1.1\r\nHost: example.org\r\n\r\n");
        assertThat(client.answer()).startsWith("HTTP/1.1 200");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "TOMCAT_RELAY"})
  void refusesA101ThatIsWrong(Way way) throws Exception {
    String[] wrong = {
      "Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Accept: AAAA",
      "Upgrade: websocket|Connection: Upgrade",
      "Upgrade: other|Connection: Upgrade|ACCEPT",
      "Upgrade: websocket|ACCEPT",
      "Connection: Upgrade|ACCEPT",
      "Upgrade: websocket|Connection: Upgrade|ACCEPT|Sec-WebSocket-Protocol: z",
      "Upgrade: websocket|Connection: Upgrade|ACCEPT|Sec-WebSocket-Protocol: a, b",
      "Upgrade: websocket|Connection: Upgrade|ACCEPT|Sec-WebSocket-Extensions: permessage-deflate"
    };
    for (String fields : wrong) {
      TestOrigin.Script backend =
          talk -> {
            String head = talk.head();
            talk.send(
                "HTTP/1.1 101 Switching Protocols\r\n"
                    + fields
                        .replace("ACCEPT", "Sec-WebSocket-Accept: " + Wire.accept(head))
                        .replace("|", "\r\n")
                    + "\r\n\r\n");
            assertThat(talk.in.read()).isNegative();
          };
      try (RelaySetup setup = new RelaySetup(way, backend);
          RelaySetup.Client client = setup.connect()) {
        client.send(RelaySetup.handshake("Sec-WebSocket-Protocol: a, b"));
        assertThat(client.answer()).as(fields).startsWith("HTTP/1.1 502");
        assertThat(setup.origin.ends.poll(15, TimeUnit.SECONDS)).as(fields).isEqualTo("returned");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "TOMCAT_RELAY"})
  void answersWhatIsNoHandshakeItself(Way way) throws Exception {
    try (RelaySetup setup = new RelaySetup(way, Wire.backend(Wire.echo()))) {
      String good = RelaySetup.handshake();
      refused(setup, good.replace("Version: 13", "Version: 8"), "426");
      refused(setup, good.replace("Sec-WebSocket-Version: 13\r\n", ""), "426");
      refused(setup, good.replace(RelaySetup.KEY, "short"), "400");
      refused(setup, good.replace("Sec-WebSocket-Key: " + RelaySetup.KEY + "\r\n", ""), "400");
      refused(
          setup,
          good.replace("Upgrade: websocket\r\n", "Upgrade: websocket\r\nContent-Length: 2\r\n")
              + "ab",
          "400");
      refused(setup, good.replace("HTTP/1.1", "HTTP/1.0"), "200");
      refused(setup, good.replace("Upgrade: websocket", "Upgrade: h2c"), "200");
      if (way.kind == TestFront.Kind.TOMCAT) { // Jetty itself answers 400.
        refused(setup, good.replace("keep-alive, Upgrade", "keep-alive"), "200");
      }
      refused(
          setup,
          good.replace("GET", "POST")
              .replace("Upgrade: websocket", "Upgrade: websocket\r\nContent-Length: 0"),
          "200");
      assertThat(setup.origin.connections.get()).isZero();
    }
  }

  private static void refused(RelaySetup setup, String request, String status) throws Exception {
    try (RelaySetup.Client client = setup.connect()) {
      client.send(request);
      assertThat(client.answer()).as(request).contains(" " + status + " ");
      if (status.equals("426")) {
        assertThat(client.head)
            .contains("Sec-WebSocket-Version: 13\r\n", "Upgrade: websocket\r\n")
            .containsIgnoringCase("Connection: Upgrade");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "TOMCAT_RELAY"})
  void saysBadGatewayAndGatewayTimeout(Way way) throws Exception {
    try (RelaySetup setup = new RelaySetup(way, talk -> talk.head())) {
      RelaySetup.Client client = setup.connect();
      client.send(RelaySetup.handshake());
      assertThat(client.answer()).startsWith("HTTP/1.1 502");
    }
    try (RelaySetup setup =
        new RelaySetup(
            way,
            talk -> {
              talk.head();
              talk.in.read();
            },
            java.time.Duration.ofMillis(300),
            java.time.Duration.ofSeconds(5),
            50)) {
      RelaySetup.Client client = setup.connect();
      client.send(RelaySetup.handshake());
      assertThat(client.answer()).startsWith("HTTP/1.1 504");
    }
  }

  /** A client that leaves while the backend is dialled must not leave a backend behind. */
  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "TOMCAT_RELAY", "TOMCAT_TUNNEL"})
  void cutsTheBackendWhenTheClientLeftMeanwhile(Way way) throws Exception {
    java.util.concurrent.CountDownLatch dialled = new java.util.concurrent.CountDownLatch(1);
    java.util.concurrent.CountDownLatch left = new java.util.concurrent.CountDownLatch(1);
    TestOrigin.Script backend =
        talk -> {
          String head = talk.head();
          dialled.countDown();
          left.await();
          talk.send(Wire.switching(head));
          while (talk.in.read() >= 0) {
            // Until the proxy closes.
          }
        };
    try (RelaySetup setup = new RelaySetup(way, backend);
        RelaySetup.Client client = setup.connect()) {
      client.send(RelaySetup.handshake());
      dialled.await();
      client.reset();
      left.countDown();
      assertThat(setup.origin.ends.poll(15, TimeUnit.SECONDS)).isNotNull();
      setup.relays(0);
    }
  }

  /** Asking for the relay's own endpoint gives nothing. */
  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "TOMCAT_RELAY"})
  void guardsTheInternalPath(Way way) throws Exception {
    try (RelaySetup setup = new RelaySetup(way, Wire.backend(Wire.echo()));
        RelaySetup.Client client = setup.connect()) {
      client.send(RelaySetup.handshake().replace("/chat", setup.proxy.jakarta.path()));
      assertThat(client.answer()).contains(" 403 ");
      assertThat(setup.proxy.count()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void neverGivesOneClientsBackendToAnother(Way way) throws Exception {
    TestOrigin.Script backend =
        talk -> {
          String head = talk.head();
          talk.send(Wire.switching(head));
          Wire wire = new Wire(talk.in, talk.out, false);
          wire.text(Wire.field(head, "Cookie"));
          wire.read();
        };
    try (RelaySetup setup = new RelaySetup(way, backend)) {
      Thread[] threads = new Thread[8];
      java.util.Queue<String> wrong = new java.util.concurrent.ConcurrentLinkedQueue<>();
      for (int t = 0; t < threads.length; t++) {
        String name = "t" + t;
        threads[t] =
            new Thread(
                () -> {
                  for (int i = 0; i < 25; i++) {
                    String mine = name + "-" + i;
                    try (RelaySetup.Client client = setup.open("Cookie: " + mine)) {
                      String got = client.wire.message().text();
                      if (!got.equals(mine)) {
                        wrong.add(mine + " got " + got);
                      }
                      client.reset();
                    } catch (Exception e) {
                      wrong.add(mine + " " + e);
                    }
                  }
                });
        threads[t].start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(wrong).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TOMCAT_RELAY", "TOMCAT_TUNNEL"})
  void leavesNoThreadWhenUndeployed(Way way) throws Exception {
    try (RelaySetup setup = new RelaySetup(way, Wire.backend(Wire.echo()))) {
      setup.open().wire.text("x");
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (ours() > 0 && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(ours()).isZero();
  }

  /** What happens before a 101, or instead of one, does not ask how the bytes will be carried. */
  @Tag("long")
  @ParameterizedTest
  @EnumSource(names = ".*_TUNNEL.*", mode = EnumSource.Mode.MATCH_ALL)
  void isTheSameBeforeATunnel(Way way) throws Exception {
    choosesNoSubprotocolWhereTheBackendDoesNot(way);
    passesARefusalOnWithItsBody(way);
    refusesA101ThatIsWrong(way);
    answersWhatIsNoHandshakeItself(way);
    saysBadGatewayAndGatewayTimeout(way);
    guardsTheInternalPath(way);
    cutsTheBackendWhenTheClientLeftMeanwhile(way);
  }

  private static long ours() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(t -> t.getName().startsWith("culvert-"))
        .count();
  }
}
