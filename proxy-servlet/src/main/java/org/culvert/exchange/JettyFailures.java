package org.culvert.exchange;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.culvert.http.GatewayFailure;
import org.culvert.observe.Errno;

/** What exceptions of Jetty's connections mean. */
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
        connect(origin) + " failed " + reason(cause) + " while connecting to upstream",
        cause);
  }

  /** The connect of a Unix domain socket fails at once, where nginx names the address. */
  private static String connect(JettyOrigin origin) {
    return origin.address() instanceof InetSocketAddress
        ? "connect()"
        : "connect() to " + origin.text();
  }

  /** Jetty has words of its own around a SocketException's. */
  private static String reason(Throwable cause) {
    Throwable system = cause.getCause() instanceof SocketException inner ? inner : cause;
    return system instanceof IOException io ? Errno.of(io) : "(" + system + ")";
  }

  /**
   * A failure of an exchange on a connection before its answer's head.
   *
   * @param committed whether the head is known to have been sent; where it is not, a part of it may
   *     have been all the same
   */
  static GatewayFailure exchanging(boolean committed, Throwable cause) {
    for (Throwable link = cause; link != null; link = link.getCause()) {
      if (link instanceof GatewayFailure failure) {
        return failure;
      }
    }
    GatewayFailure.Kind kind =
        cause instanceof SSLException && !committed
            ? GatewayFailure.Kind.TLS_FAILED
            : GatewayFailure.Kind.BROKEN;
    String what =
        cause instanceof ClosedChannelException || cause instanceof EOFException
            ? "upstream prematurely closed connection"
            : kind == GatewayFailure.Kind.TLS_FAILED
                ? "SSL_do_handshake() failed " + reason(cause)
                : "recv() failed " + reason(cause);
    return new GatewayFailure(kind, what + " " + reading(kind), cause);
  }

  private static String reading(GatewayFailure.Kind kind) {
    return kind == GatewayFailure.Kind.TLS_FAILED
        ? "while SSL handshaking to upstream"
        : "while reading response header from upstream";
  }

  /** A request that could not even be begun: its head cannot be written, or the fault is ours. */
  static GatewayFailure sending(JettyOrigin origin, RuntimeException cause) {
    return new GatewayFailure(
        cause instanceof IllegalArgumentException
            ? GatewayFailure.Kind.BAD_REQUEST
            : GatewayFailure.Kind.INTERNAL,
        "cannot send to " + origin.text() + ": " + cause,
        cause);
  }
}
