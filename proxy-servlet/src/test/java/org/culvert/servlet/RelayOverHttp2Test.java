package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.ee10.websocket.jakarta.server.config.JakartaWebSocketServletContainerInitializer;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpScheme;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.SettingsFrame;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** WebSocket over HTTP/2 in front (RFC 8441), through the servlet as it is configured. */
@Timeout(60)
class RelayOverHttp2Test {
  private static Server jetty(int backend) throws Exception {
    Server server = new Server();
    ServerConnector connector =
        new ServerConnector(server, new HTTP2CServerConnectionFactory(new HttpConfiguration()));
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    ServletContextHandler context = new ServletContextHandler();
    ServletHolder holder =
        new ServletHolder(
            new ProxyServlet(
                """
                location / {
                    proxy_pass http://127.0.0.1:%d;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection "upgrade";
                    proxy_set_header Host $host;
                    proxy_http_version 1.1;
                }
                """
                    .formatted(backend)));
    holder.setAsyncSupported(true);
    holder.setInitOrder(1);
    context.addServlet(holder, "/");
    JakartaWebSocketServletContainerInitializer.configure(context, null);
    server.setHandler(context);
    server.start();
    return server;
  }

  /** A stream whose data goes into a pipe, and its answer's head. */
  private static final class Answer implements Stream.Listener {
    final CompletableFuture<MetaData.Response> head = new CompletableFuture<>();
    final PipedOutputStream out = new PipedOutputStream();
    final PipedInputStream in;

    Answer() throws Exception {
      in = new PipedInputStream(out, 1 << 16);
    }

    @Override
    public void onHeaders(Stream stream, HeadersFrame frame) {
      if (frame.getMetaData() instanceof MetaData.Response response) {
        head.complete(response);
      }
      stream.demand();
    }

    @Override
    public void onDataAvailable(Stream stream) {
      Stream.Data data = stream.readData();
      if (data != null) {
        byte[] bytes = new byte[data.frame().remaining()];
        data.frame().getByteBuffer().get(bytes);
        boolean last = data.frame().isEndStream();
        data.release();
        try {
          out.write(bytes);
          out.flush();
          if (last) {
            out.close();
            return;
          }
        } catch (java.io.IOException e) {
          return;
        }
      }
      stream.demand();
    }
  }

  @Test
  void relaysAnExtendedConnect() throws Exception {
    TestOrigin origin = new TestOrigin(Wire.backend(Wire.echo()));
    Server server = jetty(origin.address().getPort());
    HTTP2Client client = new HTTP2Client();
    client.start();
    try {
      int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
      CompletableFuture<Void> settings = new CompletableFuture<>();
      Session session =
          client
              .connect(
                  new InetSocketAddress("127.0.0.1", port),
                  new Session.Listener() {
                    @Override
                    public void onSettings(Session from, SettingsFrame frame) {
                      settings.complete(null);
                    }
                  })
              .get(10, TimeUnit.SECONDS);
      settings.get(10, TimeUnit.SECONDS);
      HttpFields fields =
          HttpFields.build()
              .put("sec-websocket-version", "13")
              .put("origin", "http://example.org")
              .asImmutable();
      MetaData.ConnectRequest connect =
          new MetaData.ConnectRequest(
              HttpScheme.HTTP,
              new org.eclipse.jetty.http.HostPortHttpField("127.0.0.1:" + port),
              "/chat",
              fields,
              "websocket");
      Answer answer = new Answer();
      Stream stream =
          session
              .newStream(new HeadersFrame(connect, null, false), answer)
              .get(10, TimeUnit.SECONDS);
      assertThat(answer.head.get(10, TimeUnit.SECONDS).getStatus()).isEqualTo(200);
      assertThat(origin.heads.poll(15, TimeUnit.SECONDS))
          .startsWith("GET /chat HTTP/1.1\r\n")
          .contains("Upgrade: websocket\r\n", "Connection: Upgrade\r\n", "Sec-WebSocket-Key: ");
      Wire wire = new Wire(answer.in, new java.io.ByteArrayOutputStream(), true);
      send(stream, Wire.frame(Wire.TEXT, true, "h€llo".getBytes(StandardCharsets.UTF_8), true));
      assertThat(wire.message().text()).isEqualTo("h€llo");
      send(stream, Wire.frame(Wire.CLOSE, true, new byte[] {0x0F, (byte) 0xA1}, true));
      assertThat(wire.message().code()).isEqualTo(4001);
      assertThat(origin.ends.poll(15, TimeUnit.SECONDS)).isEqualTo("returned");
    } finally {
      client.stop();
      server.stop();
      origin.close();
    }
  }

  private static void send(Stream stream, byte[] bytes) {
    stream.data(new DataFrame(stream.getId(), ByteBuffer.wrap(bytes), false), Callback.NOOP);
  }

  @Test
  void neverDialsForAConnectWithoutAProtocol() throws Exception {
    TestOrigin origin = new TestOrigin(Wire.backend(Wire.echo()));
    Server server = jetty(origin.address().getPort());
    HTTP2Client client = new HTTP2Client();
    client.start();
    try {
      int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
      Session session =
          client
              .connect(new InetSocketAddress("127.0.0.1", port), new Session.Listener() {})
              .get(10, TimeUnit.SECONDS);
      Answer answer = new Answer();
      MetaData.Request connect =
          new MetaData.Request(
              "CONNECT",
              HttpURI.build().authority("127.0.0.1", port).asImmutable(),
              HttpVersion.HTTP_2,
              HttpFields.EMPTY);
      session.newStream(new HeadersFrame(connect, null, true), answer).get(10, TimeUnit.SECONDS);
      // Jetty has no context for a request without a path, and answers 404 before we are asked.
      assertThat(answer.head.get(10, TimeUnit.SECONDS).getStatus()).isBetween(400, 405);
      assertThat(origin.connections.get()).isZero();
    } finally {
      client.stop();
      server.stop();
      origin.close();
    }
  }
}
