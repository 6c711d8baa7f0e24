package org.culvert.it.ws;

import static org.assertj.core.api.Assertions.assertThat;

import org.culvert.it.Archives;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.Talk;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.Head;
import org.culvert.it.wire.RawWebSocket;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** Handshakes before a relay: the proxy's own with the backend. And what {@code auto} chooses. */
@ArquillianTest
class HandshakeIT extends HandshakeTests {
  private static final String OFFER = "Sec-WebSocket-Extensions: permessage-deflate";

  @Deployment(name = "root", testable = false)
  static WebArchive root() {
    return Archives.war(Mount.ROOT, configuration("relay"));
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return Archives.war(Mount.APP, configuration("relay"));
  }

  @EveryMount
  void theBackendIsOfferedAKeyOfTheProxysAndNoExtension(Mount mount) throws Exception {
    String path = ORIGIN.on("/own", Behaviour.webSocket(Talk.ECHO));
    try (RawWebSocket socket = open(mount, path, OFFER)) {
      socket.shut();
    }
    Head head = ORIGIN.awaitOnly(path).head();
    assertThat(head.first("Sec-WebSocket-Key")).isNotEqualTo(RawWebSocket.KEY);
    assertThat(head.has("Sec-WebSocket-Extensions")).isFalse();
  }

  /** What carries it is seen by the key, by the extensions, and by who answers a ping. */
  @EveryMount
  void autoAndTheSeedsLinesTunnelInTomcatAndRelayInJetty(Mount mount) throws Exception {
    for (String prefix : new String[] {"/auto", "/seed"}) {
      Frame ping = Frame.ping("who is there");
      try (Pair pair = Pair.open(mount, prefix)) {
        pair.client().send(ping);
        if (Running.isTomcat()) {
          assertThat(pair.backend().read()).isEqualTo(ping);
        } else {
          assertThat(pair.client().read()).isEqualTo(Frame.pong(ping.payload()));
        }
      }
      String path = ORIGIN.on(prefix, Behaviour.webSocket(Talk.ECHO));
      try (RawWebSocket socket = open(mount, path, OFFER)) {
        socket.shut();
      }
      Head head = ORIGIN.awaitOnly(path).head();
      assertThat(head.first("Sec-WebSocket-Key").equals(RawWebSocket.KEY))
          .isEqualTo(Running.isTomcat());
      assertThat(head.has("Sec-WebSocket-Extensions")).isEqualTo(Running.isTomcat());
    }
  }
}
