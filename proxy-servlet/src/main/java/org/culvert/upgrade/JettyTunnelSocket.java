package org.culvert.upgrade;

import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.culvert.exchange.JettySelectorTasks;
import org.culvert.tunnel.TunnelSocket;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SelectableChannelEndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint of Jetty's, client's or server's, whose bytes a tunnel carries: a connection that
 * never asks to be filled, so that Jetty's selector has no interest in the socket beneath any more.
 * It is closed through its endpoint.
 */
public final class JettyTunnelSocket extends AbstractConnection implements Connection.UpgradeTo {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /** Until it was told: it would keep the handshake. */
  private @Nullable Consumer<JettyTunnelSocket> opened;

  private ByteBuffer early = NOTHING;
  private @Nullable Runnable whenClosed;
  private boolean closed;

  private JettyTunnelSocket(EndPoint endPoint, Consumer<JettyTunnelSocket> opened) {
    super(endPoint, Runnable::run);
    this.opened = opened;
  }

  /** Whether the endpoint has a socket beneath, with TLS or without: it is no stream of HTTP/2. */
  public static boolean isIn(Object endPoint) {
    return channel(endPoint) != null
        || (JettyTlsRemains.areKnown()
            && endPoint instanceof SslConnection.SslEndPoint tls
            && channel(tls.unwrap()) != null);
  }

  /** Whether an endpoint with TLS can be had. */
  public static boolean knowsTls() {
    return JettyTlsRemains.areKnown();
  }

  private static @Nullable SocketChannel channel(Object endPoint) {
    return endPoint instanceof SelectableChannelEndPoint bare
            && bare.getChannel() instanceof SocketChannel channel
        ? channel
        : null;
  }

  /**
   * The connection to upgrade an endpoint to, one that {@link #isIn} is true of or a stream's.
   *
   * @param opened told when the endpoint has left HTTP
   */
  public static JettyTunnelSocket of(Object endPoint, Consumer<JettyTunnelSocket> opened) {
    return new JettyTunnelSocket((EndPoint) endPoint, opened);
  }

  /** What the loop takes over, once: Jetty must have no more to do with it but to close it. */
  public TunnelSocket socket() {
    EndPoint endPoint = getEndPoint();
    SocketChannel bare = channel(endPoint);
    if (bare != null) {
      return TunnelSocket.bare(bare, this::close);
    }
    if (endPoint instanceof SslConnection.SslEndPoint tls) {
      SslConnection connection = tls.getSslConnection();
      return TunnelSocket.tls(
          Objects.requireNonNull(channel(tls.unwrap()), "asked before"),
          connection.getSSLEngine(),
          JettyTlsRemains.encrypted(connection),
          this::close);
    }
    return new JettyTunnelStream(endPoint, this::close);
  }

  /** What the peer had sent before, behind its head; given once, so that it is not kept. */
  public ByteBuffer early() {
    ByteBuffer given = early;
    early = NOTHING;
    return getEndPoint() instanceof SslConnection.SslEndPoint tls
        ? JettyTlsRemains.behind(given, tls.getSslConnection())
        : given;
  }

  /** Has something run when the endpoint is closed, whoever closes it; at once where it is. */
  public void whenClosed(Runnable task) {
    synchronized (this) {
      if (!closed) {
        Runnable before = whenClosed;
        whenClosed =
            before == null
                ? task
                : () -> {
                  before.run();
                  task.run();
                };
        return;
      }
    }
    task.run();
  }

  /** By its tunnel's loop, or by who gives it up before. */
  @Override
  public void close() {
    JettySelectorTasks.closeHere(super::close);
  }

  // What Jetty calls.

  @Override
  public void onUpgradeTo(ByteBuffer buffer) {
    early = ByteBuffer.allocate(buffer.remaining()).put(buffer).flip();
  }

  @Override
  public void onOpen() {
    super.onOpen();
    getEndPoint().setIdleTimeout(0);
    Consumer<JettyTunnelSocket> told = opened;
    opened = null;
    if (told != null) {
      told.accept(this);
    }
  }

  @Override
  public void onFillable() {
    throw new IllegalStateException("a tunnel's socket is not read through its endpoint");
  }

  @Override
  public boolean onIdleExpired(TimeoutException timeout) {
    return false;
  }

  @Override
  public void onClose(@Nullable Throwable cause) {
    super.onClose(cause);
    Runnable task;
    synchronized (this) {
      closed = true;
      task = whenClosed;
    }
    if (task != null) {
      task.run();
    }
  }
}
