package org.culvert.upgrade;

import java.net.URI;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.culvert.exchange.Completion;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.core.Behavior;
import org.eclipse.jetty.websocket.core.CloseStatus;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.ExtensionStack;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.FrameHandler;
import org.eclipse.jetty.websocket.core.Negotiated;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.WebSocketComponents;
import org.eclipse.jetty.websocket.core.WebSocketConnection;
import org.eclipse.jetty.websocket.core.WebSocketCoreSession;
import org.jspecify.annotations.Nullable;

/**
 * The hop proxy to server over Jetty's WebSocket core, which frames and masks; pings are answered
 * here, for it does not. Frames longer than the input buffer arrive in pieces of its size. Nothing
 * is read before the first {@link #demand}.
 */
final class JettyBackendHop implements Hop, FrameHandler {
  private static final int INPUT_BUFFER = 16 * 1024;
  private static final WebSocketComponents COMPONENTS = new WebSocketComponents();
  private static final SecureRandom MASKS = new SecureRandom();

  private final Runnable over;
  private final AtomicBoolean ended = new AtomicBoolean();
  private final WebSocketCoreSession session;
  private volatile @Nullable Events events;
  private volatile @Nullable Throwable error;
  private volatile @Nullable Callback unreleased;
  private volatile boolean sending;
  private boolean text;
  private boolean closeSeen;

  /**
   * A hop on a connection that has just left HTTP.
   *
   * @param over run once when it has ended
   */
  JettyBackendHop(EndPoint endPoint, ClientConnector client, Runnable over) {
    this.over = over;
    ExtensionStack none = new ExtensionStack(COMPONENTS, Behavior.CLIENT);
    none.negotiate(List.of(), List.of());
    Negotiated negotiated = new Negotiated(URI.create("ws:/"), "", false, none, "13");
    session = new WebSocketCoreSession(this, Behavior.CLIENT, negotiated, COMPONENTS);
    session.setClassLoader(JettyBackendHop.class.getClassLoader());
    session.setIdleTimeout(Duration.ZERO);
    session.setInputBufferSize(INPUT_BUFFER);
    session.setAutoFragment(true);
    session.setMaxFrameSize(0);
    WebSocketConnection connection =
        new WebSocketConnection(
            endPoint,
            client.getExecutor(),
            client.getScheduler(),
            client.getByteBufferPool(),
            session,
            MASKS);
    session.setWebSocketConnection(connection);
    endPoint.upgrade(connection);
  }

  @Override
  public void start(Events to) {
    events = to;
    Throwable early = error;
    if (ended.get()) {
      to.broken(early == null ? new java.nio.channels.ClosedChannelException() : early);
    }
  }

  @Override
  public void demand() {
    Callback last = unreleased;
    unreleased = null;
    if (last != null) {
      last.succeeded();
    }
    session.demand();
  }

  @Override
  public void send(Piece piece, Completion done) {
    byte opcode = !piece.first() ? OpCode.CONTINUATION : piece.text() ? OpCode.TEXT : OpCode.BINARY;
    sending = true;
    session.sendFrame(
        new Frame(opcode, piece.last(), piece.bytes()),
        Callback.from(
            () -> {
              sending = false;
              done.succeeded();
            },
            cause -> {
              sending = false;
              done.failed(cause);
            }),
        false);
  }

  @Override
  public void ping() {
    if (!sending) {
      session.sendFrame(new Frame(OpCode.PING), Callback.NOOP, false);
    }
  }

  @Override
  public void close(int code, String reason) {
    session.close(
        code == CloseCodes.NONE ? CloseStatus.NO_CODE_STATUS : new CloseStatus(code, reason),
        Callback.NOOP);
  }

  @Override
  public void abort() {
    session.abort();
    ended(); // Jetty says so too, but not where nothing has been read yet.
  }

  // What Jetty calls.

  @Override
  public void onOpen(CoreSession opened, Callback callback) {
    callback.succeeded();
  }

  @Override
  public void onFrame(Frame frame, Callback callback) {
    Events to = events;
    if (to == null) {
      callback.failed(new IllegalStateException("a frame before it was asked for"));
      return;
    }
    switch (frame.getOpCode()) {
      case OpCode.PING -> {
        to.alive();
        pong(frame, callback);
      }
      case OpCode.PONG -> {
        to.alive();
        callback.succeeded();
        session.demand();
      }
      case OpCode.CLOSE -> {
        closeSeen = true;
        CloseStatus status = CloseStatus.getCloseStatus(frame);
        callback.succeeded(); // Sends the reply.
        to.closed(status.getCode(), status.getReason() == null ? "" : status.getReason());
      }
      default -> {
        boolean first = frame.getOpCode() != OpCode.CONTINUATION;
        if (first) {
          text = frame.getOpCode() == OpCode.TEXT;
        }
        ByteBuffer payload = frame.getPayload();
        unreleased = callback;
        to.piece(
            new Piece(
                text, first, frame.isFin(), payload == null ? ByteBuffer.allocate(0) : payload));
      }
    }
  }

  /** The next frame is read when the pong is on its way: a flood of pings is held back. */
  private void pong(Frame ping, Callback callback) {
    ByteBuffer payload = ByteBuffer.allocate(ping.getPayloadLength());
    if (ping.getPayload() != null) {
      payload.put(ping.getPayload().slice()).flip();
    }
    Callback next =
        Callback.from(
            () -> {
              callback.succeeded();
              session.demand();
            });
    session.sendFrame(new Frame(OpCode.PONG, payload), next, false);
  }

  @Override
  public void onError(Throwable cause, Callback callback) {
    error = cause;
    callback.succeeded();
  }

  @Override
  public void onClosed(CloseStatus status, Callback callback) {
    ended();
    Events to = events;
    if (to != null && !closeSeen) {
      Throwable cause = error;
      to.broken(cause == null ? new java.io.EOFException(status.toString()) : cause);
    }
    callback.succeeded();
  }

  private void ended() {
    if (ended.compareAndSet(false, true)) {
      over.run();
    }
  }
}
