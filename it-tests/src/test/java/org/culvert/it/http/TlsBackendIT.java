package org.culvert.it.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.culvert.it.Archives;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.After;
import org.culvert.it.origin.Behaviour.Talk;
import org.culvert.it.origin.Certificate;
import org.culvert.it.origin.Origin;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.RawClient;
import org.culvert.it.wire.RawWebSocket;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** {@code proxy_pass https://}: requests and WebSockets to a backend that speaks TLS. */
@ArquillianTest
class TlsBackendIT {
  private static final Certificate CERTIFICATE = certificate();
  private static final Origin ORIGIN = origin();

  private static final String CONFIGURATION =
      """
      proxy_websocket relay;
      location / {
          proxy_pass https://127.0.0.1:%1$d;
      }
      location /verified/ {
          proxy_pass https://127.0.0.1:%1$d;
          proxy_ssl_server_name on;
          proxy_ssl_name secure.example;
          proxy_ssl_verify on;
          proxy_ssl_trusted_certificate %2$s;
      }
      location /misnamed/ {
          proxy_pass https://127.0.0.1:%1$d;
          proxy_ssl_name other.example;
          proxy_ssl_verify on;
          proxy_ssl_trusted_certificate %2$s;
      }
      """
          .formatted(ORIGIN.port(), CERTIFICATE.pem());

  private static Certificate certificate() {
    try {
      return Certificate.of("secure.example");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static Origin origin() {
    try {
      return new Origin(CERTIFICATE.tls());
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Deployment(name = "root", testable = false)
  static WebArchive root() {
    return Archives.war(Mount.ROOT, CONFIGURATION);
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return Archives.war(Mount.APP, CONFIGURATION);
  }

  @EveryMount
  void requestsAndTheirBodiesPass(Mount mount) throws Exception {
    byte[] body = new byte[300_000];
    Arrays.fill(body, (byte) 'x');
    for (String prefix : new String[] {"", "/verified"}) {
      String path = ORIGIN.on(prefix + "/echo", new Behaviour.EchoBody());
      try (RawClient client = new RawClient(Running.port())) {
        assertThat(client.request("PUT " + mount.path(path), body).answer().body()).isEqualTo(body);
      }
    }
  }

  @EveryMount
  void webSocketsPass(Mount mount) throws Exception {
    for (String prefix : new String[] {"", "/verified"}) {
      String path = ORIGIN.on(prefix + "/socket", Behaviour.webSocket(Talk.ECHO));
      try (RawWebSocket socket = RawWebSocket.open(Running.port(), mount.path(path))) {
        Frame large = Frame.binary(new byte[200_000]);
        assertThat(socket.send(Frame.text("hello")).readMessage()).isEqualTo(Frame.text("hello"));
        assertThat(socket.send(large).readMessage()).isEqualTo(large);
        socket.shut();
      }
    }
  }

  @EveryMount
  void aBackendThatIsNotWhoItShouldBeIsABadGateway(Mount mount) throws Exception {
    String path = ORIGIN.on("/misnamed/x", Behaviour.webSocket(Talk.ECHO));
    for (String[] fields : new String[][] {{}, RawWebSocket.offer()}) {
      try (RawClient client = new RawClient(Running.port())) {
        assertThat(client.request("GET " + mount.path(path), fields).answer().status())
            .isEqualTo(502);
      }
    }
    assertThat(ORIGIN.seen(path)).isEmpty();
  }

  @EveryMount
  void anAnswerCutShortIsCutShortForTheClient(Mount mount) throws Exception {
    String path =
        ORIGIN.on(
            "/cut",
            Behaviour.bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", After.RESET));
    try (RawClient client = new RawClient(Running.port())) {
      client.request("GET " + mount.path(path));
      var rest = new java.io.ByteArrayOutputStream();
      client.drain(rest);
      String got = rest.toString(java.nio.charset.StandardCharsets.ISO_8859_1);
      // a reset may overtake the half that came before it
      assertThat(got)
          .satisfiesAnyOf(
              answer -> assertThat(answer).endsWith("\r\n\r\nhalf"),
              answer -> assertThat(answer).startsWith("HTTP/1.1 502"));
    }
  }
}
