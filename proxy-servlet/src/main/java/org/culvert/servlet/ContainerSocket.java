package org.culvert.servlet;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
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
    ServletRequest inner = unwrapped(request);
    ContainerSocket socket = of(inner);
    return socket != null && socket.dropConnection(inner);
  }

  /** The client's connection, or null where the container is not known or it is shared. */
  static HangUps.@Nullable Line line(HttpServletRequest request) {
    if (!request.getProtocol().startsWith("HTTP/1")) {
      return null;
    }
    ServletRequest inner = unwrapped(request);
    ContainerSocket socket = of(inner);
    return socket == null ? null : socket.lineOf(inner);
  }

  /** How many requests came by the client's connection so far; 0 where that is not known. */
  static long requests(HttpServletRequest request) {
    ServletRequest inner = unwrapped(request);
    ContainerSocket socket = of(inner);
    return socket == null ? 0 : socket.requestsSoFar(inner);
  }

  private static ServletRequest unwrapped(HttpServletRequest request) {
    ServletRequest inner = request;
    while (inner instanceof ServletRequestWrapper wrapper) {
      inner = wrapper.getRequest();
    }
    return inner;
  }

  private static @Nullable ContainerSocket of(ServletRequest inner) {
    String container = inner.getClass().getName();
    if (container.startsWith("org.apache.catalina.")) {
      return load("TomcatSocket");
    }
    return container.startsWith("org.eclipse.jetty.") ? load("JettySocket") : null;
  }

  private static @Nullable ContainerSocket load(String name) {
    try {
      return (ContainerSocket)
          Class.forName(ContainerSocket.class.getPackageName() + "." + name)
              .getDeclaredConstructor()
              .newInstance();
    } catch (ReflectiveOperationException | LinkageError e) {
      return null;
    }
  }
}
