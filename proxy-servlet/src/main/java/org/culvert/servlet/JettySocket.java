package org.culvert.servlet;

import jakarta.servlet.ServletRequest;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * Jetty's way to its HTTP/1 endpoint. By reflection alone: its server's classes are hidden from web
 * applications. An HTTP/2 stream is left to Jetty's own error handling, which resets it.
 */
final class JettySocket implements ContainerSocket {
  @Override
  public boolean dropConnection(ServletRequest containerRequest) {
    try {
      Object metaData = metaData(containerRequest);
      Object protocol = call(metaData, "getProtocol");
      if (protocol == null || !protocol.toString().startsWith("HTTP/1")) {
        return false;
      }
      call(endPoint(metaData), "close");
      return true;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return false;
    }
  }

  @Override
  public @Nullable SocketChannel channelOf(ServletRequest containerRequest) {
    try {
      Object channel = call(endPoint(metaData(containerRequest)), "getChannel");
      return channel instanceof SocketChannel socket ? socket : null;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null; // TLS has no bare channel.
    }
  }

  private static @Nullable Object metaData(ServletRequest request)
      throws ReflectiveOperationException {
    return call(call(request, "getRequest"), "getConnectionMetaData");
  }

  private static @Nullable Object endPoint(@Nullable Object metaData)
      throws ReflectiveOperationException {
    return call(call(metaData, "getConnection"), "getEndPoint");
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
