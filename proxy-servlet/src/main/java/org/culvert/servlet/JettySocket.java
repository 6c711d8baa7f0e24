package org.culvert.servlet;

import jakarta.servlet.ServletRequest;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.HashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.ConcurrentHashMap;
import org.culvert.exchange.HangUps;
import org.jspecify.annotations.Nullable;

/**
 * Jetty's way to its HTTP/1 endpoint. By reflection alone: its server's classes are hidden from web
 * applications. An HTTP/2 stream is left to Jetty's own error handling, which resets it.
 */
final class JettySocket implements ContainerSocket {
  /** The methods of the server's own classes by name: the walk costs more than the call. */
  private static final Map<Class<?>, Map<String, Method>> KNOWN = new ConcurrentHashMap<>();

  @Override
  public boolean dropConnection(ServletRequest containerRequest) {
    try {
      Object metaData = metaData(containerRequest);
      Object protocol = get(metaData, "getProtocol");
      if (!protocol.toString().startsWith("HTTP/1")) {
        return false;
      }
      call(endPoint(metaData), "close");
      return true;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return false;
    }
  }

  @Override
  public HangUps.@Nullable Line lineOf(ServletRequest containerRequest) {
    try {
      Object endPoint = endPoint(metaData(containerRequest));
      if (find(endPoint.getClass(), "unwrap") == null) {
        return HangUps.Line.bare((SocketChannel) get(endPoint, "getChannel"));
      }
      return new TlsLine((SocketChannel) get(get(endPoint, "unwrap"), "getChannel"), endPoint);
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }

  /** The endpoint beneath a request; null where Jetty has changed too much. */
  static @Nullable Object endPointOf(ServletRequest containerRequest) {
    try {
      return endPoint(metaData(containerRequest));
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }

  /**
   * The endpoint that Jetty has for the stream of an extended CONNECT; null where a request is
   * none.
   */
  static @Nullable Object streamOf(ServletRequest containerRequest) {
    try {
      Object support = call(get(containerRequest, "getRequest"), "getTunnelSupport");
      return support == null ? null : get(support, "getEndPoint");
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }

  @Override
  public long requestsSoFar(ServletRequest containerRequest) {
    try {
      Object connection = get(metaData(containerRequest), "getConnection");
      return (Long) get(connection, "getMessagesIn");
    } catch (ReflectiveOperationException | RuntimeException e) {
      return 0;
    }
  }

  /**
   * A client's connection with TLS. Its end may come as an alert, a record like any other to who
   * does not decrypt it, so Jetty is made to decrypt what came: what a client sends ahead then
   * waits in Jetty's buffer instead of the system's.
   */
  private record TlsLine(SocketChannel channel, Object decrypted) implements HangUps.Line {
    private static final ByteBuffer NO_ROOM = ByteBuffer.allocate(0);

    @Override
    public boolean hasEnded() throws IOException {
      try {
        Method fill = find(decrypted.getClass(), "fill", ByteBuffer.class);
        if (fill == null || isAwaited()) {
          return false; // Who reads notices the end.
        }
        return Integer.valueOf(-1).equals(fill.invoke(decrypted, NO_ROOM.duplicate()));
      } catch (InvocationTargetException e) {
        if (e.getCause() instanceof IOException broken) {
          throw broken;
        }
        throw new IllegalStateException("Jetty cannot fill " + decrypted, e.getCause());
      } catch (ReflectiveOperationException e) {
        return false;
      }
    }

    /** Jetty has read the end; it closes the channel with it. */
    @Override
    public boolean isCertain() {
      return true;
    }

    /** Somebody may have begun to read during the look, and wait for the bytes that it took. */
    @Override
    public void wakeReader() {
      try {
        if (isAwaited()) {
          call(get(decrypted, "getSslConnection"), "onFillable");
        }
      } catch (InvocationTargetException e) {
        throw new IllegalStateException("cannot wake who reads " + decrypted, e.getCause());
      } catch (ReflectiveOperationException e) {
        // Then nothing was taken either.
      }
    }

    private boolean isAwaited() throws ReflectiveOperationException {
      return Boolean.TRUE.equals(call(decrypted, "isFillInterested"));
    }
  }

  private static Object metaData(ServletRequest request) throws ReflectiveOperationException {
    return get(get(request, "getRequest"), "getConnectionMetaData");
  }

  private static Object endPoint(Object metaData) throws ReflectiveOperationException {
    return get(get(metaData, "getConnection"), "getEndPoint");
  }

  private static Object get(Object target, String name) throws ReflectiveOperationException {
    Object result = call(target, name);
    if (result == null) {
      throw new NoSuchElementException(name);
    }
    return result;
  }

  private static @Nullable Object call(Object target, String name)
      throws ReflectiveOperationException {
    Map<String, Method> known = KNOWN.computeIfAbsent(target.getClass(), type -> new HashMap<>());
    Method method;
    synchronized (known) {
      method = known.get(name);
      if (method == null) {
        method = find(target.getClass(), name);
        if (method == null) {
          throw new NoSuchMethodException(target.getClass().getName() + "." + name);
        }
        known.put(name, method);
      }
    }
    return method.invoke(target);
  }

  /** The method as a public type declares it: the class itself may not be public. */
  private static @Nullable Method find(Class<?> type, String name, Class<?>... parameters) {
    if (Modifier.isPublic(type.getModifiers())) {
      try {
        return type.getMethod(name, parameters);
      } catch (NoSuchMethodException e) {
        // A type above may have it.
      }
    }
    for (Class<?> above : type.getInterfaces()) {
      Method method = find(above, name, parameters);
      if (method != null) {
        return method;
      }
    }
    Class<?> parent = type.getSuperclass();
    return parent == null ? null : find(parent, name, parameters);
  }
}
