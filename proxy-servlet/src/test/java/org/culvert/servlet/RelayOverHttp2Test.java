package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.ee10.websocket.jakarta.server.config.JakartaWebSocketServletContainerInitializer;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** WebSocket over HTTP/2 in front (RFC 8441), through the servlet as it is configured. */
@Timeout(60)
class RelayOverHttp2Test {
  /** A Jetty of HTTP/2 without TLS, with the proxy in it. */
  static Server jetty(String configuration) throws Exception {
    Server server = new Server();
    ServerConnector connector =
        new ServerConnector(server, new HTTP2CServerConnectionFactory(new HttpConfiguration()));
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    ServletContextHandler context = new ServletContextHandler();
    ServletHolder holder = new ServletHolder(new ProxyServlet(configuration));
    holder.setAsyncSupported(true);
    holder.setInitOrder(1);
    context.addServlet(holder, "/");
    JakartaWebSocketServletContainerInitializer.configure(context, null);
    server.setHandler(context);
    server.start();
    return server;
  }

  private static Server relaying(int backend) throws Exception {
    return jetty(
        """
        location / {
            proxy_pass http://127.0.0.1:%d;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_set_header Host $host;
            proxy_http_version 1.1;
        }
        """
            .formatted(backend));
  }

  private static int port(Server server) {
    return ((ServerConnector) server.getConnectors()[0]).getLocalPort();
  }

  @Test
  void relaysAnExtendedConnect() throws Exception {
    try (TestOrigin origin = new TestOrigin(Wire.backend(Wire.echo()))) {
      Server server = relaying(origin.address().getPort());
      try (Http2Client client = new Http2Client(port(server));
          Http2Client.WebSocket socket = client.open("origin: http://example.org")) {
        assertThat(socket.status()).isEqualTo(200);
        assertThat(origin.heads.poll(15, TimeUnit.SECONDS))
            .startsWith("GET /chat HTTP/1.1\r\n")
            .contains("Upgrade: websocket\r\n", "Connection: Upgrade\r\n", "Sec-WebSocket-Key: ");
        socket.wire.text("h€llo");
        socket.flush();
        assertThat(socket.wire.message().text()).isEqualTo("h€llo");
        socket.wire.close(4001, "");
        socket.flush();
        assertThat(socket.wire.message().code()).isEqualTo(4001);
        assertThat(origin.ends.poll(15, TimeUnit.SECONDS)).isEqualTo("returned");
      } finally {
        server.stop();
      }
    }
  }

  @Test
  void neverDialsForAConnectWithoutAProtocol() throws Exception {
    try (TestOrigin origin = new TestOrigin(Wire.backend(Wire.echo()))) {
      Server server = relaying(origin.address().getPort());
      try (Http2Client client = new Http2Client(port(server));
          Http2Client.WebSocket answer = new Http2Client.WebSocket()) {
        MetaData.Request connect =
            new MetaData.Request(
                "CONNECT",
                HttpURI.build().authority("127.0.0.1", port(server)).asImmutable(),
                HttpVersion.HTTP_2,
                HttpFields.EMPTY);
        client
            .session
            .newStream(new HeadersFrame(connect, null, true), answer)
            .get(10, TimeUnit.SECONDS);
        // Jetty has no context for a request without a path, and answers 404 before we are asked.
        assertThat(answer.status()).isBetween(400, 405);
        assertThat(origin.connections.get()).isZero();
      } finally {
        server.stop();
      }
    }
  }
}
