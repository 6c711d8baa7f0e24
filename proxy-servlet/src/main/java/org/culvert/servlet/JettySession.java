package org.culvert.servlet;

import jakarta.websocket.CloseReason;
import jakarta.websocket.Session;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import org.culvert.exchange.Completion;
import org.culvert.upgrade.Piece;
import org.jspecify.annotations.Nullable;

/**
 * Jetty's session. A Close may go without a status, a part of a message can be sent without a
 * thread that waits, and the connection can be cut. All of it is public in Jetty's classes, but of
 * the server's, which a web application must not name and which are others than those in its own
 * libraries: so they are asked for at run time. One source for Jetty 12.0 and 12.1, ee10 and ee11.
 */
final class JettySession implements ContainerSession {
  private static final String PREFIX = "org.eclipse.jetty.";
  private static final byte CONTINUATION = 0;
  private static final byte TEXT = 1;
  private static final byte BINARY = 2;

  /** Jetty's members that are used, found once for each class of session. */
  private record Members(Method abort, Method sendFrame, Constructor<?> frame, Class<?> callback) {

    static @Nullable Members find(Class<?> session, Class<?> remote) {
      try {
        Class<?> frame =
            Class.forName(PREFIX + "websocket.core.Frame", false, remote.getClassLoader());
        for (Method method : remote.getMethods()) {
          Class<?>[] types = method.getParameterTypes();
          if (method.getName().equals("sendFrame") && types.length == 3 && types[0] == frame) {
            return new Members(
                session.getMethod("abort"),
                method,
                frame.getConstructor(byte.class, boolean.class, ByteBuffer.class),
                types[1]);
          }
        }
        return null;
      } catch (ReflectiveOperationException | RuntimeException e) {
        return null;
      }
    }
  }

  private final Session session;
  private final PortableSession portable;
  private final Members members;

  private JettySession(Session session, PortableSession portable, Members members) {
    this.session = session;
    this.portable = portable;
    this.members = members;
  }

  /** The session as Jetty's, or null where it is not or has changed too much. */
  static @Nullable JettySession of(Session session, PortableSession portable) {
    if (!session.getClass().getName().startsWith(PREFIX)) {
      return null;
    }
    Members members = Members.find(session.getClass(), session.getAsyncRemote().getClass());
    return members == null ? null : new JettySession(session, portable, members);
  }

  @Override
  public boolean suspend() {
    return false;
  }

  @Override
  public boolean resume() {
    return true;
  }

  @Override
  public void send(Piece piece, Completion done) {
    byte opcode = !piece.first() ? CONTINUATION : piece.text() ? TEXT : BINARY;
    InvocationHandler callback =
        (proxy, method, arguments) ->
            switch (method.getName()) {
              case "succeeded" -> {
                done.succeeded();
                yield null;
              }
              case "failed" -> {
                done.failed((Throwable) arguments[0]);
                yield null;
              }
              case "hashCode" -> System.identityHashCode(proxy);
              case "equals" -> proxy == arguments[0];
              case "toString" -> "relay send " + piece;
              default -> InvocationHandler.invokeDefault(proxy, method, arguments);
            };
    try {
      members
          .sendFrame()
          .invoke(
              session.getAsyncRemote(),
              members.frame().newInstance(opcode, piece.last(), piece.bytes()),
              Proxy.newProxyInstance(
                  members.callback().getClassLoader(),
                  new Class<?>[] {members.callback()},
                  callback),
              false);
    } catch (ReflectiveOperationException | RuntimeException e) {
      done.failed(e);
    }
  }

  /** Not by the remote that sends parts: a ping makes Jetty's forget that it is in a message. */
  @Override
  public void ping() throws IOException {
    session.getBasicRemote().sendPing(ByteBuffer.allocate(0));
  }

  @Override
  public void close(int code, String reason) throws IOException {
    session.close(new CloseReason(() -> code, reason));
  }

  @Override
  public void cut() {
    try {
      members.abort().invoke(session);
    } catch (ReflectiveOperationException | RuntimeException e) {
      portable.cut();
    }
  }

  @Override
  public boolean isGone() {
    return true;
  }
}
