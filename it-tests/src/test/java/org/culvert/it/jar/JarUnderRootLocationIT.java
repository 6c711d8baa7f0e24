package org.culvert.it.jar;

import static org.assertj.core.api.Assertions.assertThat;

import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.Talk;
import org.culvert.it.origin.Origin;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.RawClient;
import org.culvert.it.wire.RawWebSocket;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** {@code location /} takes everything but the application's own endpoints. */
@ArquillianTest
class JarUnderRootLocationIT {
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
    return Application.with(Mount.ROOT, CONFIGURATION);
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return Application.with(Mount.APP, CONFIGURATION);
  }

  @EveryMount
  void theApplicationsEndpointsAnswer(Mount mount) throws Exception {
    try (RawWebSocket socket = RawWebSocket.open(Running.port(), mount.path("/own-socket/me"))) {
      assertThat(socket.send(Frame.text("hello")).readMessage())
          .isEqualTo(Frame.text("own me hello"));
      socket.shut();
    }
  }

  @EveryMount
  void allElseIsProxied(Mount mount) throws Exception {
    for (String own : new String[] {"/pages/own.txt", "/own/x", "/index.html", "/"}) {
      ORIGIN.at(own, Behaviour.answer(200, "backend's"));
      try (RawClient client = new RawClient(Running.port())) {
        assertThat(client.request("GET " + mount.path(own)).answer().text())
            .as(own)
            .isEqualTo("backend's");
      }
    }
    String path = ORIGIN.on("/socket", Behaviour.webSocket(Talk.ECHO));
    try (RawWebSocket socket = RawWebSocket.open(Running.port(), mount.path(path))) {
      assertThat(socket.send(Frame.text("hello")).readMessage()).isEqualTo(Frame.text("hello"));
      socket.shut();
    }
  }
}
