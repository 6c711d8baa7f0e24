package org.culvert.servlet;

import jakarta.servlet.http.WebConnection;
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
   * The session is there, and nobody uses it yet: whoever sends or cuts it later finds the socket
   * exchanged. Were that done at the end of {@link #init}, a send might have begun over the old
   * one, and a cut have given Tomcat's channel to the next client. Where Tomcat has changed too
   * much it reads by itself, as always.
   */
  void opening() {
    SocketWrapperBase<?> of = wrapper;
    JettyClient reader = client;
    if (of != null && reader != null && of.getSocket() instanceof NioChannel nio) {
      socket = TomcatRelaySocket.beneath(this, of, nio.getIOChannel(), reader);
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
  SocketState read(TomcatRelaySocket ours) {
    SocketState state = super.upgradeDispatch(SocketEvent.OPEN_READ);
    ours.left(state);
    return state;
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

  /** The 101 is on the wire. The session opens in here ({@link #opening}). */
  @Override
  public void init(WebConnection connection) {
    super.init(connection);
    client = null;
    TomcatRelaySocket ours = socket;
    if (ours != null) {
      ours.begin();
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
      state = read(ours);
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
