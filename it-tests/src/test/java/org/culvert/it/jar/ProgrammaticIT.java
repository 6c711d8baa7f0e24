package org.culvert.it.jar;

import static org.assertj.core.api.Assertions.assertThat;

import org.culvert.it.Archives;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.app.OwnServlet;
import org.culvert.it.app.RegistersProxy;
import org.culvert.it.container.Running;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.Talk;
import org.culvert.it.origin.Origin;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.RawClient;
import org.culvert.it.wire.RawWebSocket;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** {@code new ProxyServlet(configuration)}, registered by the application. */
@ArquillianTest
class ProgrammaticIT {
  private static final Origin ORIGIN = Origin.shared();

  private static final String WEB_XML =
      """
      <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
        <context-param>
          <param-name>test.configuration</param-name>
          <param-value>
            location /proxied/ { proxy_pass %1$s; proxy_websocket relay; }
            location /proxied/auto/ { proxy_pass %1$s; proxy_websocket auto; }
          </param-value>
        </context-param>
      </web-app>
      """
          .formatted(ORIGIN.url());

  @Deployment(name = "root", testable = false)
  static WebArchive root() {
    return archive(Mount.ROOT);
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return archive(Mount.APP);
  }

  private static WebArchive archive(Mount mount) {
    WebArchive archive =
        Archives.withJar(mount, "")
            .setWebXML(new StringAsset(WEB_XML))
            .addClasses(RegistersProxy.class, OwnServlet.class);
    archive.delete("WEB-INF/culvert.conf");
    return archive;
  }

  @EveryMount
  void proxiesWhatIsMappedToIt(Mount mount) throws Exception {
    String path = ORIGIN.on("/proxied/x", Behaviour.answer(200, "proxied"));
    try (RawClient client = new RawClient(Running.port())) {
      assertThat(client.request("GET " + mount.path(path)).answer().text()).isEqualTo("proxied");
      assertThat(client.request("GET " + mount.path("/own/x")).answer().text())
          .isEqualTo("own GET /x");
    }
    for (String prefix : new String[] {"/proxied/socket", "/proxied/auto/socket"}) {
      String socket = ORIGIN.on(prefix, Behaviour.webSocket(Talk.ECHO));
      try (RawWebSocket open = RawWebSocket.open(Running.port(), mount.path(socket))) {
        assertThat(open.send(Frame.text("hello")).readMessage()).isEqualTo(Frame.text("hello"));
        open.shut();
      }
    }
  }
}
