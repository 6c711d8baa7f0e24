package org.culvert.it.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.culvert.it.Archives;
import org.culvert.it.Await;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.Talk;
import org.culvert.it.origin.Origin;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.RawClient;
import org.culvert.it.wire.RawWebSocket;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.jboss.shrinkwrap.api.importer.ZipImporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * {@code culvert.war} as it is built, and the sample application with the JAR inside it, in the
 * containers as they are downloaded: they work, and when they are taken away nothing stays.
 */
class StockContainerIT {
  private static final Origin ORIGIN = Origin.shared();

  /** The seed's lines; the port is the test's. */
  private static final String SEED =
      """
      location / {
          proxy_pass http://backend:%1$d;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection "upgrade";
          proxy_set_header Host $host;
          proxy_http_version 1.1;
      }
      location /open {
          proxy_pass http://backend:%1$d;
          proxy_websocket auto;
      }
      """
          .formatted(ORIGIN.port());

  @ParameterizedTest
  @EnumSource(StockContainer.Kind.class)
  @Timeout(180)
  void applicationsComeWorkAndGo(StockContainer.Kind kind) throws Exception {
    try (StockContainer container = StockContainer.prepare(kind)) {
      Files.writeString(
          container.configuration(), SEED + "access_log " + accessLog(container) + ";\n");
      container.start();
      int loaders = container.loaders();

      container.deploy(Archives.culvertWar(), "culvert.war");
      container.deploy(samples(), "samples.war");
      worksThroughTheWar(container);
      logs499WhereTheClientLeaves(container);
      worksInTheSamples(container);
      assertThat(container.loaders()).as(container.log()).isEqualTo(loaders + 2);

      List<RawWebSocket> open = open(container, 20);
      container.undeploy("culvert.war");
      container.undeploy("samples.war");
      assertAreToldToGoAway(open);
      assertThat(Await.until(Duration.ofSeconds(30), () -> container.status("/culvert/x") == 404))
          .isTrue();
      assertThat(Await.until(Duration.ofSeconds(30), () -> container.status("/samples/x") == 404))
          .isTrue();
      assertThat(Await.until(Duration.ofSeconds(30), () -> container.loaders() == loaders))
          .as("class loaders left: %d of %d%n%s", container.loaders(), loaders, container.log())
          .isTrue();
      assertThat(container.jvm().instances("org.culvert.servlet.ProxyServlet")).isZero();
      assertThat(container.jvm().threads())
          .noneMatch(name -> name.toLowerCase().contains("culvert"));
      assertThat(container.log())
          .doesNotContain("memory leak")
          .doesNotContain("ThreadLocal")
          .doesNotContain("failed to stop");
      // Culvert's lines of how a WebSocket ended name what broke the client's connection.
      assertThat(container.log().lines().filter(line -> !line.contains("WebSocket ended: ")))
          .noneMatch(line -> line.contains("Exception"));
    }
  }

  private static void worksThroughTheWar(StockContainer container) throws Exception {
    String page = ORIGIN.on("/page", Behaviour.answer(200, "from the backend"));
    String socket = ORIGIN.on("/socket", Behaviour.webSocket(Talk.ECHO));
    assertThat(
            Await.until(Duration.ofSeconds(30), () -> container.status("/culvert" + page) == 200))
        .as(container.log())
        .isTrue();
    for (int i = 0; i < 20; i++) {
      echo(container, "/culvert" + socket, i % 2 == 0);
    }
    try (RawClient client = new RawClient(container.port())) {
      assertThat(
              client
                  .request(
                      "GET /culvert" + ORIGIN.on("/no", Behaviour.answer(403, "no")),
                      RawWebSocket.offer())
                  .answer()
                  .status())
          .isEqualTo(403);
      byte[] body = new byte[500_000];
      String upload = ORIGIN.on("/upload", new Behaviour.EchoBody());
      assertThat(client.request("PUT /culvert" + upload, body).answer().body()).isEqualTo(body);
    }
  }

  private static Path accessLog(StockContainer container) {
    return container.base().resolve("culvert-access.log");
  }

  /** In Culvert's own log; what the container's says of it is the container's matter. */
  private static void logs499WhereTheClientLeaves(StockContainer container) throws Exception {
    for (String name : new String[] {"/left", "/reset"}) {
      String path = ORIGIN.on(name, Behaviour.stall());
      RawClient client = new RawClient(container.port());
      client.request("GET /culvert" + path);
      ORIGIN.awaitOnly(path);
      if (name.equals("/reset")) {
        client.reset();
      } else {
        client.abandon();
        client.close();
      }
      String line = "\"GET /culvert" + path + " HTTP/1.1\" 499 0 ";
      assertThat(
              Await.until(
                  Duration.ofSeconds(30),
                  () -> Files.readString(accessLog(container)).contains(line)))
          .as("%s in %s", line, Files.readString(accessLog(container)))
          .isTrue();
    }
  }

  private static void worksInTheSamples(StockContainer container) throws Exception {
    assertThat(Await.until(Duration.ofSeconds(30), () -> container.status("/samples/") == 200))
        .as(container.log())
        .isTrue();
    // the samples' own endpoint, and the backend's behind it
    echo(container, "/samples/echo", true);
    echo(container, "/samples" + ORIGIN.on("/proxied", Behaviour.webSocket(Talk.ECHO)), false);
  }

  private static void echo(StockContainer container, String path, boolean inOrder)
      throws Exception {
    try (RawWebSocket socket = RawWebSocket.open(container.port(), path)) {
      assertThat(socket.send(Frame.text("hello")).readMessage()).isEqualTo(Frame.text("hello"));
      if (inOrder) {
        socket.shut();
      } else {
        socket.reset();
      }
    }
  }

  /** WebSockets at work: tunnels in Tomcat, relays in Jetty. */
  private static List<RawWebSocket> open(StockContainer container, int count) throws Exception {
    String path = ORIGIN.on("/open", Behaviour.webSocket(Talk.ECHO));
    List<RawWebSocket> open = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      RawWebSocket socket = RawWebSocket.open(container.port(), "/culvert" + path);
      open.add(socket);
      assertThat(socket.send(Frame.text("hello")).readMessage()).isEqualTo(Frame.text("hello"));
    }
    return open;
  }

  private static void assertAreToldToGoAway(List<RawWebSocket> open) throws Exception {
    for (RawWebSocket socket : open) {
      try (socket) {
        socket.wire().patience(Duration.ofSeconds(30));
        Frame close = socket.read();
        assertThat(close.opcode()).isEqualTo(Frame.CLOSE);
        assertThat(close.closeCode()).isEqualTo(1001);
        assertThat(socket.readOrEnd()).isNull();
      }
    }
  }

  /** The sample application with the proxy's JAR and a location of its own. */
  private static Path samples() {
    Path samples = Path.of(System.getProperty("culvert.samples.war"));
    WebArchive archive =
        ShrinkWrap.create(ZipImporter.class, "samples.war")
            .importFrom(samples.toFile())
            .as(WebArchive.class)
            .addAsLibraries(Archives.lib().toArray(java.io.File[]::new))
            .addAsWebInfResource(
                new StringAsset(
                    "location ~ ^/proxied { proxy_pass "
                        + ORIGIN.url()
                        + "; proxy_websocket relay; }"),
                "culvert.conf");
    Path target = Path.of(System.getProperty("culvert.it.stock"), "samples.war");
    archive.as(ZipExporter.class).exportTo(target.toFile(), true);
    return target;
  }
}
