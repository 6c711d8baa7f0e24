package org.culvert.servlet;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.culvert.tunnel.TunnelSocket;
import org.jspecify.annotations.Nullable;

/**
 * A container's way to give a client's connection away: each container's own, loaded by name where
 * its classes are there.
 */
interface TunnelFront {
  /** Takes the connection. */
  interface Taker {
    /**
     * The 101 (over HTTP/2 a 200) is on the wire, the container reads no more. On any thread, once,
     * and not after {@link #closed}.
     *
     * @param early what the container has read already; the callee's from now on
     */
    void opened(TunnelSocket client, ByteBuffer early);

    /** The container has closed the connection, or never opened it. On any thread, repeatedly. */
    void closed();
  }

  /** Whether this very connection, or stream of HTTP/2, can be had. */
  boolean has(ServletRequest containerRequest);

  /**
   * Has the container answer 101, or 200 over HTTP/2, with the fields that the response has, and
   * then give the connection away.
   */
  void upgrade(
      ServletRequest containerRequest,
      HttpServletRequest request,
      HttpServletResponse response,
      Taker taker)
      throws IOException, ServletException;

  /** The way for this request, or null where it cannot be tunnelled. */
  static @Nullable TunnelFront of(HttpServletRequest request) {
    ServletRequest inner = ContainerAdapters.unwrapped(request);
    TunnelFront front = ContainerAdapters.of(inner, TunnelFront.class, "TunnelFront");
    return front != null && front.has(inner) ? front : null;
  }

  /**
   * Why nothing can be tunnelled in this container, or null where at least some connections can.
   */
  static @Nullable String refusal(ServletContext context) {
    String name = context.getClass().getName();
    if (name.startsWith("org.apache.catalina.")) {
      return null;
    }
    if (name.startsWith("org.eclipse.jetty.") && JettyTunnelFront.sharesClassesWith(context)) {
      return null;
    }
    return "\"proxy_websocket tunnel\" cannot work in "
        + context.getServerInfo()
        + ", which keeps its sockets from web applications: it can in Culvert's launcher, in an"
        + " embedded Jetty and in Tomcat; \"proxy_websocket relay\" and \"auto\" work here";
  }
}
