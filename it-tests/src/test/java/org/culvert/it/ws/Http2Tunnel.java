package org.culvert.it.ws;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.RawWebSocket;
import org.culvert.it.wire.Wire;
import org.eclipse.jetty.http.HostPortHttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpScheme;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.frames.SettingsFrame;
import org.eclipse.jetty.util.Callback;

/**
 * A WebSocket on a stream of HTTP/2, the only one of its connection: the client's end, in frames.
 * Nothing of Jetty's is in its signatures, so that tests that mention it are readable on Tomcat.
 */
final class Http2Tunnel implements AutoCloseable {
  private final HTTP2Client client;
  private final Stream stream;
  private final Received received;
  private final RawWebSocket frames;

  private Http2Tunnel(HTTP2Client client, Stream stream, Received received) {
    this.client = client;
    this.stream = stream;
    this.received = received;
    this.frames = new RawWebSocket(received.wire, true, null);
  }

  /**
   * Connects with prior knowledge and sends an extended CONNECT for version 13; what it is answered
   * is yet to be seen.
   */
  static Http2Tunnel open(int port, String path, String... fields) throws Exception {
    HTTP2Client client = new HTTP2Client();
    client.start();
    try {
      HttpFields.Mutable all = HttpFields.build().put("sec-websocket-version", "13");
      for (String field : fields) {
        String[] both = field.split(": ", 2);
        all.add(both[0], both[1]);
      }
      MetaData.ConnectRequest connect =
          new MetaData.ConnectRequest(
              HttpScheme.HTTP, new HostPortHttpField("127.0.0.1"), path, all, "websocket");
      Received received = new Received();
      Stream stream =
          connect(client, port)
              .newStream(new HeadersFrame(connect, null, false), received)
              .get(10, TimeUnit.SECONDS);
      return new Http2Tunnel(client, stream, received);
    } catch (Exception e) {
      client.stop();
      throw e;
    }
  }

  /** A connection that has seen the server's settings, which allow the CONNECT. */
  private static Session connect(HTTP2Client client, int port) throws Exception {
    CompletableFuture<Void> settings = new CompletableFuture<>();
    Session.Listener listener =
        new Session.Listener() {
          @Override
          public void onSettings(Session from, SettingsFrame frame) {
            settings.complete(null);
          }
        };
    Session session =
        client
            .connect(new InetSocketAddress("127.0.0.1", port), listener)
            .get(10, TimeUnit.SECONDS);
    settings.get(10, TimeUnit.SECONDS);
    return session;
  }

  int status() throws Exception {
    return received.head.get(10, TimeUnit.SECONDS).getStatus();
  }

  String field(String name) throws Exception {
    return received.head.get(10, TimeUnit.SECONDS).getHttpFields().get(name);
  }

  void send(Frame frame) {
    ByteBuffer bytes = ByteBuffer.wrap(frames.encode(frame));
    stream.data(new DataFrame(stream.getId(), bytes, false), Callback.NOOP);
  }

  Frame readMessage() throws IOException {
    return frames.readMessage();
  }

  void reset() {
    stream.reset(new ResetFrame(stream.getId(), ErrorCode.CANCEL_STREAM_ERROR.code), Callback.NOOP);
  }

  @Override
  public void close() throws Exception {
    received.wire.close();
    received.out.close();
    client.stop();
  }

  /** The answer's head, and its data at the other end of a connection. */
  private static final class Received implements Stream.Listener {
    final CompletableFuture<MetaData.Response> head = new CompletableFuture<>();
    final OutputStream out;
    final Wire wire;

    Received() throws IOException {
      try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        wire = new Wire(new Socket(server.getInetAddress(), server.getLocalPort()));
        out = server.accept().getOutputStream();
      }
    }

    @Override
    public void onHeaders(Stream from, HeadersFrame frame) {
      if (frame.getMetaData() instanceof MetaData.Response response) {
        head.complete(response);
      }
      from.demand();
    }

    @Override
    public void onDataAvailable(Stream from) {
      Stream.Data data = from.readData();
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
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      from.demand();
    }
  }
}
