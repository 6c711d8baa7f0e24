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
      Field hook = org.apache.coyote.Request.class.getDeclaredField("hook");
      hook.setAccessible(true);
      Method wrapper = AbstractProcessor.class.getDeclaredMethod("getSocketWrapper");
      wrapper.setAccessible(true);
      return (SocketWrapperBase<?>) wrapper.invoke(hook.get(coyote));
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
      Field left = SocketWrapperBase.class.getDeclaredField("keepAliveLeft");
      left.setAccessible(true);
      SocketWrapperBase<?> wrapper = wrapperOf(containerRequest);
      return wrapper == null ? 0 : Math.max(0, most - left.getInt(wrapper));
    } catch (ReflectiveOperationException | RuntimeException e) {
      return 0;
    }
  }

  private static Request request(ServletRequest facade) throws ReflectiveOperationException {
    Field field = RequestFacade.class.getDeclaredField("request");
    field.setAccessible(true);
    return (Request) field.get(facade);
  }
}
