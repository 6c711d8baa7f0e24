package org.culvert.servlet;

import jakarta.servlet.http.WebConnection;
import java.nio.channels.SocketChannel;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler.SocketState;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.apache.tomcat.websocket.server.WsHttpUpgradeHandler;
import org.culvert.exchange.JettyClient;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket connection of Tomcat's that is read on the selector of the backend's connection
 * ({@link TomcatRelaySocket}): as it says that its I/O is asynchronous, Tomcat's poller has no
 * interest in it. Frames, session and close are Tomcat's. Public because Tomcat makes it. One
 * source for Tomcat 10.1 and 11.
 */
public final class TomcatRelayHandler extends WsHttpUpgradeHandler {
  private @Nullable SocketWrapperBase<?> wrapper;
  private volatile @Nullable JettyClient client;
  private volatile @Nullable TomcatRelaySocket socket;

  /** Whether the session has been told of the connection's end. */
  private volatile boolean told;

  /** For Tomcat. */
  public TomcatRelayHandler() {}

  void readWith(JettyClient reader) {
    client = reader;
  }

  /**
   * Whoever closed the connection did so without an event of Tomcat's. On any thread, repeatedly.
   */
  void letGo() {
    told = true;
    TomcatRelaySocket ours = socket;
    if (ours != null) {
      ours.letGo();
    }
  }

  /**
   * The session was cut. Its socket is closed in any case: nobody would read it on. On any thread,
   * repeatedly.
   */
  void cut() {
    TomcatRelaySocket ours = socket;
    if (ours != null) {
      told = true;
      ours.close();
    }
  }

  /** Runs a send of a message; where it is written at once that is told on the same thread. */
  void send(Runnable call) {
    TomcatRelaySocket ours = socket;
    if (ours == null) {
      call.run();
    } else {
      ours.send(call);
    }
  }

  /** What {@link #upgradeDispatch} does for something to read, told to nobody. */
  SocketState read() {
    return super.upgradeDispatch(SocketEvent.OPEN_READ);
  }

  /** Ends the session as one whose connection has failed. Under the connection's lock. */
  void fail() {
    told = true;
    super.upgradeDispatch(SocketEvent.ERROR);
  }

  // What Tomcat calls.

  @Override
  public void setSocketWrapper(SocketWrapperBase<?> of) {
    super.setSocketWrapper(of);
    wrapper = of;
  }

  /**
   * The 101 is on the wire. Where Tomcat has changed too much it reads by itself, as always. From
   * the opening on, which happens in here, the connection may be closed by another thread, and
   * Tomcat's channel be the next client's: so the socket is taken out of it before.
   */
  @Override
  public void init(WebConnection connection) {
    SocketWrapperBase<?> of = wrapper;
    SocketChannel channel =
        of != null && of.getSocket() instanceof NioChannel nio ? nio.getIOChannel() : null;
    super.init(connection);
    JettyClient reader = client;
    client = null;
    if (of != null && channel != null && reader != null) {
      socket = TomcatRelaySocket.beneath(this, of, channel, reader);
    }
  }

  @Override
  public boolean hasAsyncIO() {
    return socket != null;
  }

  /** On a thread of Tomcat's, under the connection's lock. */
  @Override
  public SocketState upgradeDispatch(SocketEvent event) {
    TomcatRelaySocket ours = socket;
    if (ours == null) {
      return super.upgradeDispatch(event);
    }
    SocketState state =
        event == SocketEvent.OPEN_READ ? SocketState.UPGRADED : super.upgradeDispatch(event);
    boolean reads =
        state == SocketState.UPGRADED
            && (event == SocketEvent.OPEN_READ || event == SocketEvent.OPEN_WRITE)
            && ours.isAwaited();
    if (reads) {
      state = read();
      if (state == SocketState.UPGRADED) {
        ours.goOn();
      }
    }
    if (state == SocketState.CLOSED && (reads || event == SocketEvent.ERROR)) {
      told = true;
    }
    return state == SocketState.UPGRADED ? SocketState.ASYNC_IO : state;
  }

  /** Tomcat has closed the connection, or is about to: its session may not know. */
  @Override
  public void destroy() {
    super.destroy();
    endSession();
  }

  /** A connector that stops closes the connection and tells nobody else. */
  @Override
  public void timeoutAsync(long now) {
    super.timeoutAsync(now);
    if (now < 0) {
      endSession();
    }
  }

  private void endSession() {
    TomcatRelaySocket ours = socket;
    if (ours != null && told) {
      ours.letGo();
    } else if (ours != null) {
      ours.closeByItself();
    }
  }
}
