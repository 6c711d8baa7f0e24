package org.culvert.it.ws;

import static org.assertj.core.api.Assertions.assertThat;

import org.culvert.it.Archives;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.Talk;
import org.culvert.it.origin.Origin;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.Head;
import org.culvert.it.wire.RawWebSocket;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** An extended CONNECT (RFC 8441) from a client of HTTP/2, where the container has it: Jetty. */
@ArquillianTest
@EnabledIfSystemProperty(named = "culvert.container", matches = "jetty.*")
class WebSocketOverHttp2IT {
  private static final Origin ORIGIN = Origin.shared();

  private static final String CONFIGURATION =
      """
      location / {
          proxy_pass %1$s;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection "upgrade";
          proxy_set_header Host $host;
          proxy_http_version 1.1;
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

  private static Http2Tunnel open(Mount mount, String path, String... fields) throws Exception {
    return Http2Tunnel.open(Running.http2Port(), mount.path(path), fields);
  }

  @EveryMount
  void messagesAndCloseCodesPass(Mount mount) throws Exception {
    String path = ORIGIN.on("/h2", Behaviour.webSocket(Talk.ECHO, "Sec-WebSocket-Protocol: b"));
    try (Http2Tunnel tunnel = open(mount, path, "sec-websocket-protocol: a, b", "cookie: a=1")) {
      assertThat(tunnel.status()).isEqualTo(200);
      assertThat(tunnel.field("sec-websocket-protocol")).isEqualTo("b");
      for (Frame frame : new Frame[] {Frame.text("h€llo"), Frame.binary(new byte[200_000])}) {
        tunnel.send(frame);
        assertThat(tunnel.readMessage()).isEqualTo(frame);
      }
      tunnel.send(Frame.close(4001, "bye"));
      assertThat(tunnel.readMessage()).isEqualTo(Frame.close(4001, "bye"));
    }
    Head head = ORIGIN.awaitOnly(path).head();
    assertThat(head.startLine()).isEqualTo("GET " + path + " HTTP/1.1");
    assertThat(head.first("Upgrade")).isEqualToIgnoringCase("websocket");
    assertThat(head.all("Sec-WebSocket-Key")).hasSize(1);
    assertThat(head.all("Cookie")).containsExactly("a=1");
  }

  @EveryMount
  void aRefusalReachesTheClient(Mount mount) throws Exception {
    String path = ORIGIN.on("/h2-refused", Behaviour.answer(403, "no", "X-Why: because"));
    try (Http2Tunnel tunnel = open(mount, path)) {
      assertThat(tunnel.status()).isEqualTo(403);
      assertThat(tunnel.field("x-why")).isEqualTo("because");
    }
  }

  @EveryMount
  void aStreamThatIsResetEndsTheBackendsWebSocket(Mount mount) throws Exception {
    String path = ORIGIN.on("/h2-reset", Behaviour.webSocket(Talk.HAND_OVER));
    try (Http2Tunnel tunnel = open(mount, path);
        RawWebSocket backend = ORIGIN.takeWebSocket(path)) {
      assertThat(tunnel.status()).isEqualTo(200);
      tunnel.send(Frame.text("hello"));
      assertThat(backend.readMessage()).isEqualTo(Frame.text("hello"));
      tunnel.reset();
      for (Frame frame = backend.readOrEnd(); frame != null; frame = backend.readOrEnd()) {
        assertThat(frame.opcode()).isEqualTo(Frame.CLOSE);
      }
    }
  }
}
