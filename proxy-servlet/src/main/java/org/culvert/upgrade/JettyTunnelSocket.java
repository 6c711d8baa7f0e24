package org.culvert.upgrade;

import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.culvert.tunnel.TunnelSocket;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SelectableChannelEndPoint;
import org.jspecify.annotations.Nullable;

/**
 * The bare socket beneath an endpoint of Jetty's, client's or server's: a connection that never
 * asks to be filled, so that Jetty's selector has no interest in the socket any more. It is closed
 * through its endpoint.
 */
public final class JettyTunnelSocket extends AbstractConnection
    implements Connection.UpgradeTo, TunnelSocket {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final SocketChannel channel;
  private final Consumer<JettyTunnelSocket> opened;
  private ByteBuffer early = NOTHING;
  private @Nullable Runnable whenClosed;
  private boolean closed;

  private JettyTunnelSocket(
      EndPoint endPoint, SocketChannel channel, Consumer<JettyTunnelSocket> opened) {
    super(endPoint, Runnable::run);
    this.channel = channel;
    this.opened = opened;
  }

  /** Whether the endpoint has a bare socket beneath: neither TLS nor a stream of HTTP/2. */
  public static boolean isIn(Object endPoint) {
    return endPoint instanceof SelectableChannelEndPoint bare
        && bare.getChannel() instanceof SocketChannel;
  }

  /**
   * The connection to upgrade an endpoint to, one that {@link #isIn} is true of.
   *
   * @param opened told when the endpoint has left HTTP
   */
  public static JettyTunnelSocket of(Object endPoint, Consumer<JettyTunnelSocket> opened) {
    SelectableChannelEndPoint bare = (SelectableChannelEndPoint) endPoint;
    return new JettyTunnelSocket(bare, (SocketChannel) bare.getChannel(), opened);
  }

  @Override
  public SocketChannel channel() {
    return channel;
  }

  /** What the peer had sent before, behind its head; given once, so that it is not kept. */
  public ByteBuffer early() {
    ByteBuffer given = early;
    early = NOTHING;
    return given;
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

  // What Jetty calls.

  @Override
  public void onUpgradeTo(ByteBuffer buffer) {
    early = ByteBuffer.allocate(buffer.remaining()).put(buffer).flip();
  }

  @Override
  public void onOpen() {
    super.onOpen();
    getEndPoint().setIdleTimeout(0);
    opened.accept(this);
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
