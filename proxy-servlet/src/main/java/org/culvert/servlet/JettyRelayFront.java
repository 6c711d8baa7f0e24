package org.culvert.servlet;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.culvert.exchange.Timers;
import org.culvert.upgrade.JettyHop;
import org.eclipse.jetty.io.EndPoint;

/**
 * Embedded Jetty's way: the endpoint of an HTTP/1.1 connection, with TLS or without, is upgraded to
 * a hop of ours when the 101 is written. In a web application the server's endpoints are of another
 * class than ours.
 */
final class JettyRelayFront implements RelayFront {
  /** Loaded by name where a request is Jetty's. */
  JettyRelayFront() {}

  @Override
  public boolean has(ServletRequest containerRequest) {
    return JettySocket.endPointOf(containerRequest) instanceof EndPoint;
  }

  @Override
  public void upgrade(
      ServletRequest containerRequest,
      HttpServletRequest request,
      HttpServletResponse response,
      Timers timers,
      Taker taker) {
    Object endPoint = JettySocket.endPointOf(containerRequest);
    if (!(endPoint instanceof EndPoint)) {
      throw new IllegalStateException("the client's connection is gone");
    }
    response.setStatus(HttpServletResponse.SC_SWITCHING_PROTOCOLS);
    if (response.isCommitted()
        || response.getStatus() != HttpServletResponse.SC_SWITCHING_PROTOCOLS) {
      // Jetty would give the connection away behind whatever was answered.
      throw new IllegalStateException("the client has been answered " + response.getStatus());
    }
    request.setAttribute(JettyTunnelFront.UPGRADE, connection(endPoint, timers, taker));
  }

  /** What the client's endpoint is to be upgraded to. */
  static JettyHop connection(Object endPoint, Timers timers, Taker taker) {
    JettyEarlyEnd.watch(endPoint, taker::closed);
    return JettyHop.ofClient(endPoint, timers, taker::opened, taker::closed);
  }
}
