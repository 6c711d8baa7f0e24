package org.culvert.exchange;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.culvert.http.GatewayFailure;
import org.culvert.http.IpAddresses;
import org.culvert.observe.Errno;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.util.Promise;
import org.jspecify.annotations.Nullable;

/**
 * One dial of a peer under {@code proxy_connect_timeout}; its end is told once. Jetty has one time
 * limit for all of a client's dials, and no way to give one up: where this one's limit passes its
 * socket is closed here, so that a peer that never answers costs no descriptors.
 */
final class JettyDial implements Promise<Connection> {
  private final JettyOrigin origin;
  private final SelectorManager selectors;
  private final JettyClient.Dialled dialled;
  private final AtomicBoolean told = new AtomicBoolean();
  private final Timers.Limit timer;
  private volatile @Nullable SocketChannel channel;
  private volatile @Nullable GatewayFailure unbound;

  JettyDial(
      JettyOrigin origin,
      SelectorManager selectors,
      Timers timers,
      Duration limit,
      JettyClient.Dialled dialled) {
    this.origin = origin;
    this.selectors = selectors;
    this.dialled = dialled;
    this.timer = timers.start(limit, this::passed);
  }

  /** The socket that is about to connect: where it cannot be made ready it is closed. */
  void over(SocketChannel socket) {
    channel = socket;
    if (!(origin.address() instanceof InetSocketAddress)) {
      return;
    }
    InetSocketAddress local = origin.local().address();
    try {
      if (origin.local().keepAlive()) {
        socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      }
      if (local != null) {
        socket.bind(local);
      }
    } catch (IOException | RuntimeException e) { // IPv6 on a machine without it, for one.
      unbound =
          new GatewayFailure(
              GatewayFailure.Kind.INTERNAL,
              "bind("
                  + (local == null ? "" : IpAddresses.text(local))
                  + ") failed "
                  + (e instanceof IOException io ? Errno.of(io) : "(" + e + ")")
                  + " while connecting to upstream",
              e);
      close(socket);
    }
  }

  private void passed() {
    if (told.compareAndSet(false, true)) {
      giveUp();
      dialled.failed(
          new GatewayFailure(
              GatewayFailure.Kind.CONNECT_TIMEOUT,
              "upstream timed out (110: Connection timed out) while connecting to upstream"));
    }
  }

  /** On the selector's thread, which is the one that could be finishing the connect now. */
  private void giveUp() {
    SocketChannel dialling = channel;
    for (ManagedSelector selector : selectors.getBeans(ManagedSelector.class)) {
      selector.submit(
          ready -> {
            if (dialling != null && dialling.isConnectionPending()) {
              close(dialling);
            }
          });
    }
  }

  private static void close(SocketChannel dialling) {
    try {
      dialling.close();
    } catch (IOException e) {
      // It is given up all the same.
    }
  }

  /** The connection says so itself, before it may be used. */
  void opened(JettyUpstreamConnection connection) {
    if (told.compareAndSet(false, true)) {
      timer.stop();
      dialled.connected(connection, false);
    } else {
      connection.keep(); // Too late for its request, good for another.
    }
  }

  @Override
  public void succeeded(Connection outermost) {
    // Jetty says so when the connection has been told: it may be in use, and TLS lies around it.
  }

  @Override
  public void failed(Throwable cause) {
    if (told.compareAndSet(false, true)) {
      timer.stop();
      GatewayFailure known = unbound;
      dialled.failed(known == null ? JettyFailures.connecting(origin, cause) : known);
    }
  }
}
