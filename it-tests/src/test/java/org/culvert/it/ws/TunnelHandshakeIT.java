package org.culvert.it.ws;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.culvert.it.Archives;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.Talk;
import org.culvert.it.wire.Head;
import org.culvert.it.wire.RawWebSocket;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Handshakes before a tunnel: the client's own with the backend. */
@ArquillianTest
@Tag("tunnel")
@EnabledIfSystemProperty(named = "culvert.tunnel", matches = "true")
class TunnelHandshakeIT extends HandshakeTests {
  private static final String OFFER =
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";

  @Deployment(name = "root", testable = false)
  static WebArchive root() {
    return Archives.war(Mount.ROOT, configuration("tunnel"));
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return Archives.war(Mount.APP, configuration("tunnel"));
  }

  @EveryMount
  void theBackendSeesTheClientsKeyAndExtensionsAndChoosesItself(Mount mount) throws Exception {
    String path =
        ORIGIN.on(
            "/chooses",
            Behaviour.webSocket(Talk.ECHO, "Sec-WebSocket-Extensions: permessage-deflate"));
    try (RawWebSocket socket = open(mount, path, OFFER)) {
      assertThat(socket.head().all("Sec-WebSocket-Extensions"))
          .isEqualTo(List.of("permessage-deflate"));
      socket.shut();
    }
    Head head = ORIGIN.awaitOnly(path).head();
    assertThat(head.all("Sec-WebSocket-Key")).containsExactly(RawWebSocket.KEY);
    assertThat(head.all("Sec-WebSocket-Extensions"))
        .containsExactly("permessage-deflate; client_max_window_bits");
  }
}
