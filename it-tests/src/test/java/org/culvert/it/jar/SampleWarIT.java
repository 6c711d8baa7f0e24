package org.culvert.it.jar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import org.culvert.it.Archives;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.RawClient;
import org.culvert.it.wire.RawWebSocket;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.importer.ZipImporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/**
 * The sample WAR with the JAR inside it: its own endpoints and pages answer as ever, and once more
 * under prefixes that are proxied back to the same container: one relayed, one tunnelled where that
 * is possible.
 */
@ArquillianTest
class SampleWarIT {
  private static final String CONFIGURATION =
      """
      proxy_set_header X-Through culvert;
      location ~ ^/through/(.*)$ {
          proxy_pass http://127.0.0.1:$server_port$context_path/$1$is_args$args;
          proxy_websocket relay;
      }
      location ~ ^/along/(.*)$ {
          proxy_pass http://127.0.0.1:$server_port$context_path/$1$is_args$args;
          proxy_websocket auto;
      }
      """;

  /** The prefixes that are proxied. */
  private static final String[] PROXIED = {"/through", "/along"};

  @Deployment(name = "root", testable = false)
  static WebArchive root() {
    return samples("ROOT.war");
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return samples("app.war");
  }

  private static WebArchive samples(String name) {
    return ShrinkWrap.create(ZipImporter.class, name)
        .importFrom(new File(System.getProperty("culvert.samples.war")))
        .as(WebArchive.class)
        .addAsLibraries(Archives.lib().toArray(File[]::new))
        .addAsWebInfResource(new StringAsset(CONFIGURATION), "culvert.conf");
  }

  private static RawWebSocket open(Mount mount, String path, String... fields) throws Exception {
    return RawWebSocket.open(Running.port(), mount.path(path), fields);
  }

  private static String read(RawWebSocket socket) throws Exception {
    return new String(socket.readMessage().payload(), StandardCharsets.UTF_8);
  }

  private static String get(Mount mount, String path) throws Exception {
    try (RawClient client = new RawClient(Running.port())) {
      return client.request("GET " + mount.path(path)).answer().text();
    }
  }

  @EveryMount
  void pagesAndHeadersAnswerOnBothWays(Mount mount) throws Exception {
    for (String path : new String[] {"/", "/chat.html", "/through/chat.html"}) {
      assertThat(get(mount, path)).as(path).contains("Culvert samples");
    }
    String uri = "\"uri\":\"" + mount.path("/headers?a=1") + "\"";
    assertThat(get(mount, "/headers?a=1")).contains(uri).doesNotContainIgnoringCase("X-Through");
    assertThat(get(mount, "/through/headers?a=1"))
        .contains(uri)
        .containsIgnoringCase("\"X-Through\":[\"culvert\"]");
  }

  @EveryMount
  void theEchoAnswersOnBothWays(Mount mount) throws Exception {
    for (String path : new String[] {"/echo", "/through/echo", "/along/echo"}) {
      try (RawWebSocket socket = open(mount, path, "Sec-WebSocket-Protocol: echo.v0, echo.v1")) {
        assertThat(socket.head().first("Sec-WebSocket-Protocol")).isEqualTo("echo.v1");
        assertThat(socket.send(Frame.text("grüß dich")).readMessage())
            .isEqualTo(Frame.text("grüß dich"));
        socket.shut();
      }
    }
  }

  @EveryMount
  void twoChatOnDifferentWays(Mount mount) throws Exception {
    for (String proxied : PROXIED) {
      String room = "/chat/tea" + proxied.replace('/', '-');
      try (RawWebSocket ann = open(mount, room + "?name=Ann")) {
        assertThat(read(ann)).contains("welcome", "\"you\":\"Ann\"");
        RawWebSocket bob = open(mount, proxied + room + "?name=Bob");
        assertThat(read(bob)).contains("welcome", "\"here\":[\"Ann\",\"Bob\"]");
        assertThat(read(ann)).contains("joined", "Bob");
        bob.send(Frame.text("good morning"));
        assertThat(read(ann)).contains("said", "\"from\":\"Bob\",\"text\":\"good morning\"");
        assertThat(read(bob)).contains("said", "good morning");
        bob.shut();
        assertThat(read(ann)).contains("left", "Bob");
        ann.shut();
      }
    }
  }

  @EveryMount
  void theBackendSeesTheProxysHandshake(Mount mount) throws Exception {
    for (String proxied : PROXIED) {
      try (RawWebSocket socket = open(mount, proxied + "/saw")) {
        assertThat(read(socket)).containsIgnoringCase("\"X-Through\":[\"culvert\"]");
        socket.shut();
      }
    }
  }
}
