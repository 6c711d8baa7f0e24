package org.culvert.servlet;

import jakarta.servlet.http.WebConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.coyote.http11.upgrade.InternalHttpUpgradeHandler;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler.SocketState;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.SSLSupport;
import org.apache.tomcat.util.net.SecureNioChannel;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.culvert.tunnel.TunnelSocket;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection to Tomcat that has been upgraded. As it says that its I/O is asynchronous,
 * Tomcat's poller has no interest in it after {@link #init}. It is closed by an event of Tomcat's,
 * so that its connection is counted off once. Public because Tomcat makes it. One source for Tomcat
 * 10.1 and 11.
 */
public final class TomcatTunnelHandler implements InternalHttpUpgradeHandler {
  private @Nullable SocketWrapperBase<?> wrapper;
  private volatile @Nullable TomcatBuffers buffers;
  private volatile TunnelFront.@Nullable Taker taker;

  /** The tunnel is over, and waits for Tomcat to close its connection. */
  private volatile boolean ended;

  /** For Tomcat. */
  public TomcatTunnelHandler() {}

  void take(TunnelFront.Taker by) {
    taker = by;
  }

  // What Tomcat calls.

  @Override
  public void setSocketWrapper(SocketWrapperBase<?> socket) {
    wrapper = socket;
  }

  /** The 101 is on the wire; what Tomcat read behind the request's head is taken out here. */
  @Override
  public void init(WebConnection connection) {
    TunnelFront.Taker to = taker;
    if (to == null) {
      throw new IllegalStateException("upgraded without a tunnel");
    }
    SocketWrapperBase<?> socket = socket();
    var read = socket.getSocketBufferHandler();
    ByteBuffer early =
        ByteBuffer.allocate(read.isReadBufferEmpty() ? 0 : read.getReadBuffer().capacity());
    try {
      while (!read.isReadBufferEmpty() && early.hasRemaining()) {
        socket.read(false, early);
      }
    } catch (IOException e) {
      to.closed();
      throw new java.io.UncheckedIOException(e); // Has Tomcat close it.
    }
    NioChannel channel = (NioChannel) socket.getSocket();
    if (!(channel instanceof SecureNioChannel)) {
      buffers = TomcatBuffers.giveUp(socket);
    }
    to.opened(tunnelled(channel), early.flip());
  }

  @Override
  public boolean hasAsyncIO() {
    return true;
  }

  @Override
  public SocketState upgradeDispatch(SocketEvent event) {
    return switch (event) {
      case DISCONNECT, ERROR, STOP, TIMEOUT, CONNECT_FAIL -> SocketState.CLOSED;
      case OPEN_READ, OPEN_WRITE -> ended ? SocketState.CLOSED : SocketState.ASYNC_IO;
    };
  }

  /** Tomcat keeps this with a channel that waits for its next connection, but not the tunnel. */
  @Override
  public void destroy() {
    restoreBuffers();
    buffers = null;
    TunnelFront.Taker to = taker;
    taker = null;
    if (to != null) {
      to.closed();
    }
  }

  @Override
  public void timeoutAsync(long now) {
    // The tunnel has its own times.
  }

  @Override
  public void setSslSupport(@Nullable SSLSupport support) {
    // Nobody asks for it any more.
  }

  @Override
  public void pause() {
    // A connector that accepts no more keeps what it has.
  }

  private TunnelSocket tunnelled(NioChannel socket) {
    return socket instanceof SecureNioChannel tls
        ? TunnelSocket.tls(
            tls.getIOChannel(),
            tls.getSslEngine(),
            TomcatTlsRemains.encrypted(tls),
            this::closeConnection)
        : TunnelSocket.bare(socket.getIOChannel(), this::closeConnection);
  }

  /**
   * Has Tomcat close the connection on a thread of its pool, which its poller wakes: one that was
   * started from here would inherit the application's protection domain, and keep its class loader.
   * The poller does so for what can be read, the end of input that is made here for example.
   */
  private void closeConnection() {
    ended = true;
    restoreBuffers();
    SocketWrapperBase<?> socket = socket();
    if (socket.isClosed()) {
      return;
    }
    try {
      ((NioChannel) socket.getSocket()).getIOChannel().shutdownInput();
      socket.registerReadInterest();
    } catch (IOException | RuntimeException gone) { // It was reset, or Tomcat has closed it.
      socket.close();
    }
  }

  private void restoreBuffers() {
    TomcatBuffers given = buffers;
    if (given != null) {
      given.restore();
    }
  }

  private SocketWrapperBase<?> socket() {
    SocketWrapperBase<?> socket = wrapper;
    if (socket == null) {
      throw new IllegalStateException("Tomcat has not upgraded yet");
    }
    return socket;
  }
}
