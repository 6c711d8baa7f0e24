package org.culvert.it.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.culvert.it.Archives;
import org.culvert.it.Await;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.After;
import org.culvert.it.origin.Handed;
import org.culvert.it.origin.Origin;
import org.culvert.it.wire.Head;
import org.culvert.it.wire.RawClient;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What breaks on the backend's side is said to the client, and never passed off as complete. */
@ArquillianTest
class HttpFailureIT {
  private static final Origin ORIGIN = Origin.shared();

  private static final String CONFIGURATION =
      """
      location / {
          proxy_pass %1$s;
          proxy_buffering off;
          client_max_body_size 1k;
      }
      location /buffered/ {
          proxy_pass %1$s;
      }
      location /refused {
          proxy_pass http://127.0.0.1:%2$d;
      }
      location /quick/ {
          proxy_pass %1$s;
          proxy_read_timeout 1s;
      }
      """
          .formatted(ORIGIN.url(), Origin.refusedPort());

  @Deployment(name = "root", testable = false)
  static WebArchive root() {
    return Archives.war(Mount.ROOT, CONFIGURATION);
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return Archives.war(Mount.APP, CONFIGURATION);
  }

  private static int status(Mount mount, String path) throws Exception {
    try (RawClient client = new RawClient(Running.port())) {
      return client.request("GET " + mount.path(path)).answer().status();
    }
  }

  @EveryMount
  void aPeerThatRefusesIsABadGateway(Mount mount) throws Exception {
    try (RawClient client = new RawClient(Running.port())) {
      var answer = client.request("GET " + mount.path("/refused")).answer();
      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.text()).contains("502 Bad Gateway");
    }
  }

  @EveryMount
  void aPeerThatBreaksIsABadGateway(Mount mount) throws Exception {
    assertThat(status(mount, ORIGIN.on("/closes", Behaviour.close()))).isEqualTo(502);
    assertThat(status(mount, ORIGIN.on("/resets", Behaviour.reset()))).isEqualTo(502);
  }

  @EveryMount
  void anAnswerThatIsNoHttpIsABadGateway(Mount mount) throws Exception {
    for (String bytes :
        new String[] {
          "hello\r\n\r\n",
          "HTTP/1.1 abc OK\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
          "HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n",
          "HTTP/1.1 200 OK\r\nX-Half: "
        }) {
      String path = ORIGIN.on("/garbage", Behaviour.bytes(bytes, After.CLOSE));
      assertThat(status(mount, path)).as(bytes).isEqualTo(502);
    }
  }

  @EveryMount
  void aSwitchOfProtocolsNobodyAskedForIsABadGateway(Mount mount) throws Exception {
    String path =
        ORIGIN.on(
            "/switches",
            Behaviour.bytes(
                "HTTP/1.1 101 Switching\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\nhello",
                After.STALL));
    assertThat(status(mount, path)).isEqualTo(502);
  }

  @EveryMount
  void aSlowPeerIsATimeout(Mount mount) throws Exception {
    String silent = ORIGIN.on("/quick/silent", Behaviour.stall());
    assertThat(status(mount, silent)).isEqualTo(504);
    String half =
        ORIGIN.on("/quick/half", Behaviour.bytes("HTTP/1.1 200 OK\r\nX-Half:", After.STALL));
    assertThat(status(mount, half)).isEqualTo(504);
  }

  @EveryMount
  void slownessIsMeasuredBetweenTwoReads(Mount mount) throws Exception {
    byte[] dot = {'.'};
    String path =
        ORIGIN.on(
            "/quick/drips",
            new Behaviour.Drip(
                "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                java.util.List.of(dot, dot, dot, dot),
                Duration.ofMillis(500),
                After.KEEP_ALIVE));
    Await.atLeastOnce(
        () -> {
          try (RawClient client = new RawClient(Running.port())) {
            assertThat(client.request("GET " + mount.path(path)).answer().text()).isEqualTo("....");
          }
        });
  }

  @EveryMount
  void tooLargeABodyIsRefusedByItsLength(Mount mount) throws Exception {
    String path = ORIGIN.on("/large", Behaviour.answer(200, "taken"));
    try (RawClient client = new RawClient(Running.port())) {
      client.request("POST " + mount.path(path), "Content-Length: 1025");
      assertThat(client.readHead().status()).isEqualTo(413);
      client.abandon();
    }
    assertThat(ORIGIN.seen(path)).isEmpty();
  }

  @EveryMount
  void tooLargeABodyIsRefusedWhileItComes(Mount mount) throws Exception {
    String path = ORIGIN.on("/large-chunked", Behaviour.answer(200, "taken"));
    try (RawClient client = new RawClient(Running.port())) {
      client.request("POST " + mount.path(path), "Transfer-Encoding: chunked");
      client.sendChunk(new byte[600]);
      client.sendChunk(new byte[600]);
      assertThat(client.readHead().status()).isEqualTo(413);
      client.abandon();
    }
    assertThat(ORIGIN.seen(path)).isEmpty();
  }

  /** The answer's head and part of its body have come when the backend breaks off. */
  @ParameterizedTest(name = "{0}{1} that ends by {2}")
  @CsvSource({
    "ROOT, /, length, CLOSE",
    "ROOT, /, length, RESET",
    "ROOT, /, chunked, CLOSE",
    "ROOT, /, chunked, RESET",
    "ROOT, /, badchunk, STALL",
    "ROOT, /buffered/, length, CLOSE",
    "ROOT, /buffered/, chunked, CLOSE",
    "ROOT, /buffered/, chunked, RESET",
    "ROOT, /quick/, length, STALL",
    "ROOT, /quick/, chunked, STALL",
    "APP, /, length, CLOSE",
    "APP, /, length, RESET",
    "APP, /, chunked, CLOSE",
    "APP, /, chunked, RESET",
    "APP, /buffered/, chunked, CLOSE",
    "APP, /quick/, chunked, STALL",
  })
  void anAnswerCutShortIsCutShortForTheClient(
      Mount mount, String location, String framing, After after) throws Exception {
    String path = ORIGIN.on(location + "cut", new Behaviour.HandOver());
    try (RawClient client = new RawClient(Running.port())) {
      client.request("GET " + mount.path(path));
      Head head;
      try (Handed backend = ORIGIN.take(path)) {
        if (framing.equals("length")) {
          backend.wire().send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n0123456789");
        } else {
          backend
              .wire()
              .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n");
        }
        head = client.readHead();
        if (framing.equals("badchunk")) {
          backend.wire().send("no size\r\n");
        }
        switch (after) {
          case CLOSE -> backend.wire().close();
          case RESET -> backend.wire().reset();
          default -> {}
        }
        assertThat(head.status()).isEqualTo(200);
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        client.drain(rest); // FIN or RST, but not a byte after what the backend sent
        String text = rest.toString(StandardCharsets.ISO_8859_1);
        if (head.chunked()) {
          assertThat(text).doesNotContain("0\r\n\r\n");
        } else {
          assertThat(head.length()).isGreaterThan(rest.size());
        }
      }
    }
  }

  @EveryMount
  void aClientThatLeavesEndsTheBackendsWork(Mount mount) throws Exception {
    String path = ORIGIN.on("/left", new Behaviour.HandOver());
    try (RawClient client = new RawClient(Running.port())) {
      client.request("GET " + mount.path(path));
      try (Handed backend = ORIGIN.take(path)) {
        backend.wire().send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
        client.readHead();
        client.readChunk();
        client.reset();
        // the container tells at the latest when something is written to a client that is gone
        assertThat(
                Await.until(
                    Duration.ofSeconds(5),
                    () -> {
                      try {
                        backend.wire().sendChunk(new byte[1000]);
                        return false;
                      } catch (IOException gone) {
                        return true;
                      }
                    }))
            .isTrue();
      }
    }
  }
}
