package org.culvert.launcher;

import java.time.Duration;
import org.culvert.servlet.ProxyServlet;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * What the proxy and the connections know of each other: which HTTP/1 connections have a request
 * under way, and which requests came so far. For those that go through the servlet it sees to it
 * that {@code keepalive_timeout} is the time between two requests, not one of the request's: a
 * backend may take as long as its location allows.
 */
final class RequestsUnderWay extends Handler.Wrapper {
  private static final String REACHED = "org.culvert.launcher.reached";

  private volatile long idleMillis = ClientTimes.IDLE.toMillis();

  RequestsUnderWay(Handler handler) {
    super(handler);
  }

  /** Takes a configuration's time of silence for the requests from now on. */
  void follow(Duration silence) {
    idleMillis = silence.toMillis();
  }

  /** The time of silence while something of the client is waited for. */
  long idleMillis() {
    return idleMillis;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    Http1Connection http1 = Http1Connection.of(request);
    request.setAttribute(ProxyServlet.CONNECTION, CoreConnection.of(request));
    // Nothing is read and nothing written: then the exchange waits for its backend, whose timeouts
    // are the location's.
    request.addIdleTimeoutListener(timeout -> false);
    if (http1 != null) {
      UnderWay underWay = http1.underWay();
      long number = underWay.number();
      underWay.waits(number, idleMillis);
      Request.addCompletionListener(
          request,
          failure -> {
            // After a 101 the connection is a WebSocket's, which has set its own time.
            if (response.getStatus() == HttpStatus.SWITCHING_PROTOCOLS_101) {
              underWay.leave();
            }
            underWay.end(number);
          });
    }
    return super.handle(request, response, callback);
  }

  /** A request has come so far; before anything else of it. */
  static void begin(Request request, @Nullable Http1Connection http1) {
    if (http1 == null) {
      request.setAttribute(REACHED, Boolean.TRUE);
    } else {
      http1.begin();
    }
  }

  /** Whether a request has come so far, not refused before. */
  static boolean has(Request request) {
    Http1Connection http1 = Http1Connection.of(request);
    return http1 == null ? request.getAttribute(REACHED) != null : http1.hasReached();
  }

  /** Whether it is an HTTP/1 connection between two requests, or before its first. */
  boolean isIdle(EndPoint transport) {
    Connection connection = decrypted(transport).getConnection();
    return connection instanceof ProxyHeaderConnection
        || (connection instanceof Http1Connection http1 && http1.underWay().isIdle());
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
