package org.culvert.launcher;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.culvert.servlet.ProxyServlet;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.Callback;

/**
 * Knows which HTTP/1 connections have a request under way, and sees to it that {@code
 * keepalive_timeout} is the time between two requests, not one of the request's: a backend may take
 * as long as its location allows.
 */
final class RequestsUnderWay extends Handler.Wrapper {
  private static final String REACHED = "org.culvert.launcher.reached";

  private volatile Duration idle = ClientTimes.IDLE;

  private final Set<EndPoint> busy = ConcurrentHashMap.newKeySet();

  RequestsUnderWay(Handler handler) {
    super(handler);
  }

  /** Takes a configuration's time of silence for the requests from now on. */
  void follow(Duration silence) {
    idle = silence;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    request.setAttribute(REACHED, Boolean.TRUE);
    request.setAttribute(
        ProxyServlet.CONNECTION_REQUESTS,
        request.getConnectionMetaData().getConnection().getMessagesIn());
    // Nothing is read and nothing written: then the exchange waits for its backend, whose timeouts
    // are the location's.
    request.addIdleTimeoutListener(timeout -> false);
    if (request.getConnectionMetaData().getHttpVersion() != HttpVersion.HTTP_2) {
      EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
      long keepalive = endPoint.getIdleTimeout();
      endPoint.setIdleTimeout(idle.toMillis());
      busy.add(endPoint);
      Request.addCompletionListener(
          request,
          failure -> {
            busy.remove(endPoint);
            // After a 101 the connection is a WebSocket's, which has set its own.
            if (response.getStatus() != HttpStatus.SWITCHING_PROTOCOLS_101) {
              endPoint.setIdleTimeout(keepalive);
            }
          });
    }
    return super.handle(request, response, callback);
  }

  /** Whether a request has come so far, not refused before. */
  static boolean has(Request request) {
    return request.getAttribute(REACHED) != null;
  }

  /** Whether it is an HTTP/1 connection between two requests, or before its first. */
  boolean isIdle(EndPoint transport) {
    EndPoint endPoint = decrypted(transport);
    return endPoint.getConnection() instanceof HttpConnection && !busy.contains(endPoint);
  }

  /** Whether it is an HTTP/1 connection between two requests, not one before its first. */
  boolean isKeptAlive(EndPoint transport) {
    return isIdle(transport) && decrypted(transport).getConnection().getMessagesIn() > 0;
  }

  private static EndPoint decrypted(EndPoint transport) {
    return transport.getConnection() instanceof SslConnection tls
        ? tls.getSslEndPoint()
        : transport;
  }
}
