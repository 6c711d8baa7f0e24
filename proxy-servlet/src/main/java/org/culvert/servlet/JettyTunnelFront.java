package org.culvert.servlet;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.culvert.upgrade.JettyTunnelSocket;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * Embedded Jetty's way: the endpoint is upgraded to a connection of ours when the 101 is written.
 * In a web application the server's classes are others than ours, and none of this is possible.
 */
final class JettyTunnelFront implements TunnelFront {
  /** {@code HttpStream.UPGRADE_CONNECTION_ATTRIBUTE}, a class of the server's. */
  static final String UPGRADE = "org.eclipse.jetty.server.HttpStream.upgradeConnection";

  private static final String HTTP_1 = "HTTP/1.1";

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
    return endPoint(containerRequest) != null;
  }

  /** That of the connection, or of the stream; null where the tunnel cannot have it. */
  private static @Nullable Object endPoint(ServletRequest containerRequest) {
    if (containerRequest.getProtocol().equals(HTTP_1)) {
      Object endPoint = JettySocket.endPointOf(containerRequest);
      return endPoint != null && JettyTunnelSocket.isIn(endPoint) ? endPoint : null;
    }
    return containerRequest.getProtocol().equals("HTTP/2.0")
            && JettySocket.streamOf(containerRequest) instanceof EndPoint stream
        ? stream
        : null;
  }

  /** Over HTTP/2 the answer is a 200, and the stream is the tunnel's (RFC 8441, section 5). */
  @Override
  public void upgrade(
      ServletRequest containerRequest,
      HttpServletRequest request,
      HttpServletResponse response,
      Taker taker) {
    Object endPoint = endPoint(containerRequest);
    if (endPoint == null) {
      throw new IllegalStateException("the client's connection cannot be had any more");
    }
    int status =
        containerRequest.getProtocol().equals(HTTP_1)
            ? HttpServletResponse.SC_SWITCHING_PROTOCOLS
            : HttpServletResponse.SC_OK;
    if (response.isCommitted()) {
      // Jetty would give the socket away behind whatever was answered.
      throw new IllegalStateException("the client has been answered " + response.getStatus());
    }
    response.setStatus(status);
    if (response.getStatus() != status) {
      throw new IllegalStateException("the client has been answered " + response.getStatus());
    }
    request.setAttribute(UPGRADE, connection(endPoint, taker));
  }

  /** What the client's endpoint is to be upgraded to. */
  static JettyTunnelSocket connection(Object endPoint, Taker taker) {
    JettyTunnelSocket client =
        JettyTunnelSocket.of(endPoint, opened -> taker.opened(opened.socket(), opened.early()));
    client.whenClosed(taker::closed);
    JettyEarlyEnd.watch(endPoint, taker::closed);
    return client;
  }
}
