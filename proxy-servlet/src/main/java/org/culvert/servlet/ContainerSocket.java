package org.culvert.servlet;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import org.culvert.exchange.HangUps;
import org.jspecify.annotations.Nullable;

/**
 * The client's connection beneath a container's request, for what the servlet API has no word for:
 * each container's own way, loaded by name where its classes are there.
 */
interface ContainerSocket {
  /** Drops the connection of a request of its container; an HTTP/2 stream alone is reset. */
  boolean dropConnection(ServletRequest containerRequest);

  /** The connection that carries this request and no other at the time; null for HTTP/2. */
  HangUps.@Nullable Line lineOf(ServletRequest containerRequest);

  /** How many requests came by its HTTP/1 connection, it included; 0 where it is not counted. */
  long requestsSoFar(ServletRequest containerRequest);

  /** Drops the client's connection; false where the container is not known. */
  static boolean drop(HttpServletRequest request) {
    ServletRequest inner = ContainerAdapters.unwrapped(request);
    ContainerSocket socket = of(inner);
    return socket != null && socket.dropConnection(inner);
  }

  /** The client's connection, or null where the container is not known or it is shared. */
  static HangUps.@Nullable Line line(HttpServletRequest request) {
    if (!request.getProtocol().startsWith("HTTP/1")) {
      return null;
    }
    ServletRequest inner = ContainerAdapters.unwrapped(request);
    ContainerSocket socket = of(inner);
    return socket == null ? null : socket.lineOf(inner);
  }

  /** How many requests came by the client's connection so far; 0 where that is not known. */
  static long requests(HttpServletRequest request) {
    ServletRequest inner = ContainerAdapters.unwrapped(request);
    ContainerSocket socket = of(inner);
    return socket == null ? 0 : socket.requestsSoFar(inner);
  }

  private static @Nullable ContainerSocket of(ServletRequest inner) {
    return ContainerAdapters.of(inner, ContainerSocket.class, "Socket");
  }
}
