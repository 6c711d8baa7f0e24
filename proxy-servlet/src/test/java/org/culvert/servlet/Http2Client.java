package org.culvert.servlet;

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

/** A connection of HTTP/2 with prior knowledge, and WebSockets on its streams (RFC 8441). */
final class Http2Client implements AutoCloseable {
  private final HTTP2Client client = new HTTP2Client();
  final Session session;

  /** Connects, and waits for the server's settings, which allow the CONNECT. */
  Http2Client(int port) throws Exception {
    client.start();
    CompletableFuture<Void> settings = new CompletableFuture<>();
    session =
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
  }

  /** Sends an extended CONNECT for version 13. */
  WebSocket open(String... fields) throws Exception {
    HttpFields.Mutable all = HttpFields.build().put("sec-websocket-version", "13");
    for (String field : fields) {
      String[] both = field.split(": ", 2);
      all.add(both[0], both[1]);
    }
    MetaData.ConnectRequest connect =
        new MetaData.ConnectRequest(
            HttpScheme.HTTP, new HostPortHttpField("127.0.0.1"), "/chat", all, "websocket");
    WebSocket opening = new WebSocket();
    opening.stream =
        session
            .newStream(new HeadersFrame(connect, null, false), opening)
            .get(10, TimeUnit.SECONDS);
    return opening;
  }

  /** One stream: what comes is at the other end of a socket, so that a test can wait for it. */
  static final class WebSocket implements Stream.Listener, AutoCloseable {
    final CompletableFuture<MetaData.Response> head = new CompletableFuture<>();

    /** The error code of the peer's RST_STREAM. */
    final CompletableFuture<Integer> reset = new CompletableFuture<>();

    private final Socket socket;
    private final OutputStream out;
    private final java.io.ByteArrayOutputStream sending = new java.io.ByteArrayOutputStream();

    /** Reads what came; what it sends goes nowhere before {@link #flush}. */
    final Wire wire;

    private Stream stream;

    WebSocket() throws IOException {
      try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        socket = new Socket(server.getInetAddress(), server.getLocalPort());
        socket.setSoTimeout(15_000);
        out = server.accept().getOutputStream();
      }
      wire = new Wire(socket.getInputStream(), sending, true);
    }

    int status() throws Exception {
      return head.get(15, TimeUnit.SECONDS).getStatus();
    }

    /** Sends the bytes as one frame of HTTP/2, and waits until they are gone. */
    void send(byte[] bytes, boolean last) throws Exception {
      CompletableFuture<Void> sent = new CompletableFuture<>();
      stream.data(
          new DataFrame(stream.getId(), ByteBuffer.wrap(bytes), last),
          Callback.from(() -> sent.complete(null), sent::completeExceptionally));
      sent.get(30, TimeUnit.SECONDS);
    }

    void flush() throws Exception {
      byte[] bytes = sending.toByteArray();
      sending.reset();
      send(bytes, false);
    }

    void reset() {
      stream.reset(
          new ResetFrame(stream.getId(), ErrorCode.CANCEL_STREAM_ERROR.code), Callback.NOOP);
    }

    @Override
    public void onHeaders(Stream from, HeadersFrame frame) {
      if (frame.getMetaData() instanceof MetaData.Response response) {
        head.complete(response);
      }
      from.demand();
    }

    @Override
    public void onReset(Stream from, ResetFrame frame, Callback callback) {
      reset.complete(frame.getError());
      try {
        out.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      callback.succeeded();
    }

    /** Blocks where the test does not read, and holds the whole connection up with it. */
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
          if (last) {
            out.close();
            return;
          }
        } catch (IOException e) {
          return; // The test is over.
        }
      }
      from.demand();
    }

    @Override
    public void close() throws IOException {
      socket.close();
      out.close();
    }
  }

  @Override
  public void close() throws Exception {
    client.stop();
  }
}
