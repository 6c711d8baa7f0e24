package org.culvert.servlet;

import jakarta.servlet.ServletConnection;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * How many requests came by a client's connection so far ({@code $connection_requests}). The
 * servlet API does not tell: HTTP/2 numbers its streams, Jetty counts, and so does Tomcat while
 * there is a {@code maxKeepAliveRequests}. Elsewhere those are counted that come to this
 * application.
 */
final class ConnectionRequests {
  /**
   * By the container's own object, which is there as long as the connection. A container that makes
   * a new one for each request has each counted as its connection's first.
   */
  private static final Map<ServletConnection, Long> COUNTED =
      Collections.synchronizedMap(new WeakHashMap<>());

  private ConnectionRequests() {}

  /** How many, this one included; the same however often a request is asked. */
  static long of(HttpServletRequest request) {
    if (request.getAttribute(ProxyServlet.CONNECTION_REQUESTS) instanceof Number told) {
      return told.longValue();
    }
    long requests = streams(request);
    if (requests == 0) {
      requests = ContainerSocket.requests(request);
    }
    if (requests == 0) {
      requests = COUNTED.merge(request.getServletConnection(), 1L, Long::sum);
      request.setAttribute(ProxyServlet.CONNECTION_REQUESTS, requests);
    }
    return requests;
  }

  /** A client's streams have the odd numbers, in their order (RFC 9113, section 5.1.1). */
  private static long streams(HttpServletRequest request) {
    if (!request.getProtocol().startsWith("HTTP/2")) {
      return 0;
    }
    try {
      return (Long.parseLong(request.getProtocolRequestId()) + 1) / 2;
    } catch (NumberFormatException notAStream) {
      return 0;
    }
  }
}
