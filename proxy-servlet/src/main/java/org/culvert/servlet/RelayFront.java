package org.culvert.servlet;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.culvert.exchange.Timers;
import org.culvert.upgrade.Hop;
import org.jspecify.annotations.Nullable;

/**
 * A container's way to have a client's WebSocket framed by Culvert itself, beside Jakarta
 * WebSocket: embedded Jetty's alone, loaded by name where its classes are there.
 */
interface RelayFront {
  /** Takes the hop. */
  interface Taker {
    /** The 101 is on the wire. On any thread, once. */
    void opened(Hop client);

    /** The client's connection has ended, opened or not. On any thread, repeatedly. */
    void closed();
  }

  /** Whether this very connection can be had. */
  boolean has(ServletRequest containerRequest);

  /**
   * Has the container answer 101 with the fields that the response has, and then give the
   * connection away.
   */
  void upgrade(
      ServletRequest containerRequest,
      HttpServletRequest request,
      HttpServletResponse response,
      Timers timers,
      Taker taker);

  /** The way for this request, or null where Jakarta WebSocket is to be taken. */
  static @Nullable RelayFront of(HttpServletRequest request) {
    if (!request.getProtocol().equals("HTTP/1.1")) {
      return null;
    }
    ServletRequest inner = ContainerAdapters.unwrapped(request);
    if (!inner.getClass().getName().startsWith("org.eclipse.jetty.")) {
      return null;
    }
    RelayFront front = ContainerAdapters.of(inner, RelayFront.class, "RelayFront");
    return front != null && front.has(inner) ? front : null;
  }
}
