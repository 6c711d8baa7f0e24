package org.culvert.servlet;

import jakarta.servlet.ServletRequest;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.RequestFacade;
import org.apache.coyote.AbstractProcessor;
import org.apache.coyote.ActionCode;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.culvert.exchange.HangUps;
import org.jspecify.annotations.Nullable;

/** Tomcat's way to its NIO socket: its connector's action, and its processor's wrapper. */
final class TomcatSocket implements ContainerSocket {
  // Looked up once, for every request needs them; null where Tomcat has changed too much.
  private static final @Nullable Field REQUEST = field(RequestFacade.class, "request");
  private static final @Nullable Field HOOK = field(org.apache.coyote.Request.class, "hook");
  private static final @Nullable Field KEEP_ALIVE_LEFT =
      field(SocketWrapperBase.class, "keepAliveLeft");
  private static final @Nullable Method SOCKET_WRAPPER =
      method(AbstractProcessor.class, "getSocketWrapper");

  private static @Nullable Field field(Class<?> type, String name) {
    try {
      Field field = type.getDeclaredField(name);
      field.setAccessible(true);
      return field;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }

  private static @Nullable Method method(Class<?> type, String name) {
    try {
      Method method = type.getDeclaredMethod(name);
      method.setAccessible(true);
      return method;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }

  private static <T> T known(@Nullable T member) throws NoSuchFieldException {
    if (member == null) {
      throw new NoSuchFieldException("Tomcat has changed too much");
    }
    return member;
  }

  @Override
  public boolean dropConnection(ServletRequest containerRequest) {
    try {
      request(containerRequest).getCoyoteRequest().getResponse().action(ActionCode.CLOSE_NOW, null);
      return true;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return false;
    }
  }

  @Override
  public HangUps.@Nullable Line lineOf(ServletRequest containerRequest) {
    SocketWrapperBase<?> wrapper = wrapperOf(containerRequest);
    return wrapper != null && wrapper.getSocket() instanceof NioChannel nio
        ? HangUps.Line.bare(nio.getIOChannel())
        : null;
  }

  /** The socket's wrapper beneath an HTTP/1 request; null where Tomcat has changed too much. */
  static @Nullable SocketWrapperBase<?> wrapperOf(ServletRequest containerRequest) {
    try {
      org.apache.coyote.Request coyote = request(containerRequest).getCoyoteRequest();
      return (SocketWrapperBase<?>) known(SOCKET_WRAPPER).invoke(known(HOOK).get(coyote));
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }

  /** What a connection may still carry is counted down, where {@code maxKeepAliveRequests} is. */
  @Override
  public long requestsSoFar(ServletRequest containerRequest) {
    try {
      Request request = request(containerRequest);
      if (!(request.getConnector().getProtocolHandler()
          instanceof AbstractHttp11Protocol<?> http)) {
        return 0;
      }
      int most = http.getMaxKeepAliveRequests();
      if (most <= 1) {
        return Math.max(0, most);
      }
      SocketWrapperBase<?> wrapper = wrapperOf(containerRequest);
      return wrapper == null ? 0 : Math.max(0, most - known(KEEP_ALIVE_LEFT).getInt(wrapper));
    } catch (ReflectiveOperationException | RuntimeException e) {
      return 0;
    }
  }

  private static Request request(ServletRequest facade) throws ReflectiveOperationException {
    return (Request) known(REQUEST).get(facade);
  }
}
