package org.culvert.servlet;

import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpUpgradeHandler;
import java.io.IOException;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.apache.tomcat.websocket.server.WsHttpUpgradeHandler;
import org.culvert.exchange.JettyClient;
import org.jspecify.annotations.Nullable;

/**
 * Tomcat's way, on a NIO connector without TLS, over HTTP/1.1: its WebSocket asks the request for
 * an upgrade handler of its own class and gets {@link TomcatRelayHandler}, which extends it.
 */
final class TomcatSessionReading implements SessionReading {
  /** Loaded by name where a request is Tomcat's. */
  TomcatSessionReading() {}

  @Override
  public @Nullable Prepared prepare(
      ServletRequest containerRequest, HttpServletRequest request, JettyClient client) {
    if (!containerRequest.getProtocol().equals("HTTP/1.1")) {
      return null;
    }
    SocketWrapperBase<?> wrapper = TomcatSocket.wrapperOf(containerRequest);
    Object socket = wrapper == null ? null : wrapper.getSocket();
    if (socket == null || socket.getClass() != NioChannel.class) {
      return null;
    }
    Upgrade upgrade = new Upgrade(request, client);
    return new Prepared(upgrade, upgrade);
  }

  private static final class Upgrade extends HttpServletRequestWrapper implements Companion {
    private final JettyClient client;
    private volatile @Nullable TomcatRelayHandler handler;

    Upgrade(HttpServletRequest request, JettyClient client) {
      super(request);
      this.client = client;
    }

    @Override
    public <T extends HttpUpgradeHandler> T upgrade(Class<T> type)
        throws IOException, ServletException {
      if (!type.equals(WsHttpUpgradeHandler.class)) {
        return super.upgrade(type);
      }
      TomcatRelayHandler ours = super.upgrade(TomcatRelayHandler.class);
      ours.readWith(client);
      handler = ours;
      return type.cast(ours);
    }

    @Override
    public void opening() {
      TomcatRelayHandler ours = handler;
      if (ours != null) {
        ours.opening();
      }
    }

    @Override
    public void send(Runnable call) {
      TomcatRelayHandler ours = handler;
      if (ours == null) {
        call.run();
      } else {
        ours.send(call);
      }
    }

    @Override
    public void cut() {
      TomcatRelayHandler ours = handler;
      if (ours != null) {
        ours.cut();
      }
    }
  }
}
