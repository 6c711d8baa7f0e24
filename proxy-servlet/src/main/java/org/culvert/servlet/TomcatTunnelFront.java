package org.culvert.servlet;

import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.SecureNioChannel;
import org.apache.tomcat.util.net.SocketWrapperBase;

/**
 * Tomcat's way, on a NIO connector, with the JDK's TLS or without: an upgrade handler of Tomcat's
 * own kind, which is left alone by its poller.
 */
final class TomcatTunnelFront implements TunnelFront {
  /** Loaded by name where a request is Tomcat's. */
  TomcatTunnelFront() {}

  @Override
  public boolean has(ServletRequest containerRequest) {
    if (!containerRequest.getProtocol().equals("HTTP/1.1")) {
      return false;
    }
    SocketWrapperBase<?> wrapper = TomcatSocket.wrapperOf(containerRequest);
    Object socket = wrapper == null ? null : wrapper.getSocket();
    return socket != null
        && (socket.getClass() == NioChannel.class
            || (socket instanceof SecureNioChannel tls && TomcatTlsRemains.areKnownOf(tls)));
  }

  @Override
  public void upgrade(
      ServletRequest containerRequest,
      HttpServletRequest request,
      HttpServletResponse response,
      Taker taker)
      throws IOException, ServletException {
    if (response.isCommitted()) {
      // Tomcat would give the socket away behind whatever was answered.
      throw new IllegalStateException("the client has been answered " + response.getStatus());
    }
    request.upgrade(TomcatTunnelHandler.class).take(taker);
  }
}
