package org.culvert.servlet;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * Drops a client's connection, for which the servlet API has no word: each container's own way,
 * loaded by name where its classes are there.
 */
interface AbruptEnd {
  /** Closes the connection of a request of its container. */
  boolean closeConnection(ServletRequest containerRequest);

  /** Closes the connection; false where the container is not known. */
  static boolean close(HttpServletRequest request) {
    ServletRequest inner = request;
    while (inner instanceof ServletRequestWrapper wrapper) {
      inner = wrapper.getRequest();
    }
    String container = inner.getClass().getName();
    AbruptEnd end = null;
    if (container.startsWith("org.apache.catalina.")) {
      end = load("TomcatAbruptEnd");
    } else if (container.startsWith("org.eclipse.jetty.")) {
      end = load("JettyAbruptEnd");
    }
    return end != null && end.closeConnection(inner);
  }

  private static @Nullable AbruptEnd load(String name) {
    try {
      return (AbruptEnd)
          Class.forName(AbruptEnd.class.getPackageName() + "." + name)
              .getDeclaredConstructor()
              .newInstance();
    } catch (ReflectiveOperationException | LinkageError e) {
      return null;
    }
  }
}
