package org.culvert.servlet;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.culvert.upgrade.JettyTunnelSocket;
import org.eclipse.jetty.io.EndPoint;

/**
 * Embedded Jetty's way: the endpoint is upgraded to a connection of ours when the 101 is written.
 * In a web application the server's classes are others than ours, and none of this is possible.
 */
final class JettyTunnelFront implements TunnelFront {
  /** {@code HttpStream.UPGRADE_CONNECTION_ATTRIBUTE}, a class of the server's. */
  private static final String UPGRADE = "org.eclipse.jetty.server.HttpStream.upgradeConnection";

  /** Loaded by name where a request is Jetty's. */
  JettyTunnelFront() {}

  /** Whether the server's endpoints are of the class that we know. */
  static boolean sharesClassesWith(ServletContext context) {
    try {
      ClassLoader servers = context.getClass().getClassLoader();
      return Class.forName(EndPoint.class.getName(), false, servers) == EndPoint.class;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }

  @Override
  public boolean has(ServletRequest containerRequest) {
    Object endPoint = JettySocket.endPointOf(containerRequest);
    return endPoint != null && JettyTunnelSocket.isIn(endPoint);
  }

  @Override
  public void upgrade(
      ServletRequest containerRequest,
      HttpServletRequest request,
      HttpServletResponse response,
      Taker taker) {
    Object endPoint = JettySocket.endPointOf(containerRequest);
    if (endPoint == null || !JettyTunnelSocket.isIn(endPoint)) {
      throw new IllegalStateException("the client's connection has no bare socket any more");
    }
    response.setStatus(HttpServletResponse.SC_SWITCHING_PROTOCOLS);
    if (response.isCommitted()
        || response.getStatus() != HttpServletResponse.SC_SWITCHING_PROTOCOLS) {
      // Jetty would give the socket away behind whatever was answered.
      throw new IllegalStateException("the client has been answered " + response.getStatus());
    }
    JettyTunnelSocket client =
        JettyTunnelSocket.of(endPoint, socket -> taker.opened(socket, socket.early()));
    client.whenClosed(taker::closed);
    request.setAttribute(UPGRADE, client);
  }
}
