package org.culvert.servlet;

import jakarta.servlet.ServletRequest;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import org.jspecify.annotations.Nullable;

/**
 * Jetty's HTTP/1 endpoint can be closed under a request. By reflection alone: its server's classes
 * are hidden from web applications. An HTTP/2 stream is left to Jetty's own error handling, which
 * resets it.
 */
final class JettyAbruptEnd implements AbruptEnd {
  @Override
  public boolean closeConnection(ServletRequest containerRequest) {
    try {
      Object metaData = call(call(containerRequest, "getRequest"), "getConnectionMetaData");
      Object protocol = call(metaData, "getProtocol");
      if (protocol == null || !protocol.toString().startsWith("HTTP/1")) {
        return false;
      }
      call(call(call(metaData, "getConnection"), "getEndPoint"), "close");
      return true;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return false;
    }
  }

  private static @Nullable Object call(@Nullable Object target, String name)
      throws ReflectiveOperationException {
    if (target == null) {
      throw new NoSuchMethodException(name);
    }
    Method method = find(target.getClass(), name);
    if (method == null) {
      throw new NoSuchMethodException(target.getClass().getName() + "." + name);
    }
    try {
      return method.invoke(target);
    } catch (InvocationTargetException e) {
      throw new ReflectiveOperationException(e);
    }
  }

  /** The method as a public type declares it: the class itself may not be public. */
  private static @Nullable Method find(Class<?> type, String name) {
    if (Modifier.isPublic(type.getModifiers())) {
      try {
        return type.getMethod(name);
      } catch (NoSuchMethodException e) {
        // A type above may have it.
      }
    }
    for (Class<?> above : type.getInterfaces()) {
      Method method = find(above, name);
      if (method != null) {
        return method;
      }
    }
    Class<?> parent = type.getSuperclass();
    return parent == null ? null : find(parent, name);
  }
}
