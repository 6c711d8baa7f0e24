package org.culvert.exchange;

import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.culvert.http.GatewayFailure;
import org.eclipse.jetty.client.HttpResponseException;
import org.eclipse.jetty.http.HttpException;

/** What Jetty's exceptions mean. */
final class JettyFailures {
  private JettyFailures() {}

  static GatewayFailure connecting(JettyOrigin origin, Throwable cause) {
    if (cause instanceof GatewayFailure failure) {
      return failure;
    }
    boolean timeout =
        cause instanceof java.net.SocketTimeoutException || cause instanceof TimeoutException;
    boolean tls = cause instanceof SSLException;
    return new GatewayFailure(
        timeout
            ? GatewayFailure.Kind.CONNECT_TIMEOUT
            : tls ? GatewayFailure.Kind.TLS_FAILED : GatewayFailure.Kind.CONNECT_FAILED,
        "connect() failed (" + cause + ") while connecting to upstream " + origin.address(),
        cause);
  }

  /**
   * A failure of an exchange on a connection.
   *
   * @param committed whether the head is known to have been sent; where it is not, a part of it may
   *     have been all the same
   */
  static GatewayFailure exchanging(JettyOrigin origin, boolean committed, Throwable cause) {
    for (Throwable link = cause; link != null; link = link.getCause()) {
      if (link instanceof GatewayFailure failure) {
        return failure;
      }
    }
    GatewayFailure.Kind kind = GatewayFailure.Kind.BROKEN;
    if (cause instanceof IllegalArgumentException && !committed) {
      kind = GatewayFailure.Kind.BAD_REQUEST; // A head that cannot be written.
    } else if (cause instanceof SSLException && !committed) {
      kind = GatewayFailure.Kind.TLS_FAILED;
    } else if (cause instanceof HttpResponseException || cause instanceof HttpException) {
      kind = GatewayFailure.Kind.INVALID_RESPONSE;
    }
    return new GatewayFailure(kind, "upstream " + origin.address() + " broke off: " + cause, cause);
  }
}
