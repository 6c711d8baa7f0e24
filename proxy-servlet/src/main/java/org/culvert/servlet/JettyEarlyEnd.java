package org.culvert.servlet;

import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;

/**
 * Tells of a client's connection that is closed between its 101 and the upgrade of its endpoint:
 * the one that the endpoint was to be upgraded to hears of nothing then.
 */
final class JettyEarlyEnd implements Connection.Listener {
  private final EndPoint endPoint;
  private final Runnable closed;

  private JettyEarlyEnd(EndPoint endPoint, Runnable closed) {
    this.endPoint = endPoint;
    this.closed = closed;
  }

  /**
   * Listens to the connection that the endpoint has now.
   *
   * @param endPoint Jetty's {@code EndPoint}
   * @param closed run when the endpoint is closed before it has another; more than once perhaps
   */
  static void watch(Object endPoint, Runnable closed) {
    EndPoint known = (EndPoint) endPoint;
    Connection present = known.getConnection();
    if (present != null) { // A stream of HTTP/2 has none.
      present.addEventListener(new JettyEarlyEnd(known, closed));
    }
    if (!known.isOpen()) {
      closed.run();
    }
  }

  /** Also when the endpoint is upgraded: then it is open. */
  @Override
  public void onClosed(Connection connection) {
    if (!endPoint.isOpen()) {
      closed.run();
    }
  }
}
