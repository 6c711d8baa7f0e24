package org.culvert.servlet;

import jakarta.websocket.CloseReason;
import jakarta.websocket.CloseReason.CloseCodes;
import jakarta.websocket.SendHandler;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerContainer;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.culvert.exchange.Completion;
import org.culvert.upgrade.Piece;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tomcat's session. It can stop reading ({@code WsSession.suspend}) and be cut ({@code doClose},
 * {@code onClose}). Not public in Tomcat and used all the same, because the public way would hold a
 * thread for every slow reader: the asynchronous send of a part of a message, and whether the
 * reading thread has come to rest, before which {@code resume} is forgotten. Where any of them is
 * missing the portable way is taken. One source for Tomcat 10.1 and 11, without a compile time
 * dependency on either.
 */
final class TomcatSession implements ContainerSession {
  private static final Logger log = LoggerFactory.getLogger(TomcatSession.class);
  private static final String PREFIX = "org.apache.tomcat.websocket.";
  private static final Long CLOSE_MILLIS = 500L;
  private static final byte TEXT = 1;
  private static final byte BINARY = 2;

  /** Tomcat's members that are used, found once. */
  private record Members(
      Method suspend,
      Method resume,
      Method doClose,
      Method onClose,
      Method isClosed,
      Field frame,
      Method readState,
      Field remote,
      Method startMessage) {

    static @Nullable Members find(Class<?> session) {
      try {
        Class<?> base =
            Class.forName(PREFIX + "WsRemoteEndpointImplBase", false, session.getClassLoader());
        Class<?> frameBase = Class.forName(PREFIX + "WsFrameBase", false, session.getClassLoader());
        Field frame = session.getDeclaredField("wsFrame");
        Method readState = frameBase.getDeclaredMethod("getReadState");
        Field remote = session.getDeclaredField("wsRemoteEndpoint");
        Method startMessage =
            base.getDeclaredMethod(
                "startMessage", byte.class, ByteBuffer.class, boolean.class, SendHandler.class);
        frame.setAccessible(true);
        readState.setAccessible(true);
        remote.setAccessible(true);
        startMessage.setAccessible(true);
        return new Members(
            session.getMethod("suspend"),
            session.getMethod("resume"),
            session.getMethod("doClose", CloseReason.class, CloseReason.class, boolean.class),
            session.getMethod("onClose", CloseReason.class),
            session.getMethod("isClosed"),
            frame,
            readState,
            remote,
            startMessage);
      } catch (ReflectiveOperationException | RuntimeException e) {
        return null;
      }
    }
  }

  /** Kept here and not in a ClassValue: a container's class would hold an application's. */
  private static final Map<Class<?>, Optional<Members>> MEMBERS = new ConcurrentHashMap<>();

  private final Session session;
  private final PortableSession portable;
  private final SessionReading.Companion reading;
  private final Members members;

  private TomcatSession(
      Session session,
      PortableSession portable,
      SessionReading.Companion reading,
      Members members) {
    this.session = session;
    this.portable = portable;
    this.reading = reading;
    this.members = members;
  }

  /**
   * Has Tomcat's session class initialized while this application runs. It looks for services with
   * the class loader of the application whose WebSocket is the container's first; where that one
   * just stops, the class is lost to every application until the container is started again.
   */
  static void initialize(ServerContainer container) {
    ClassLoader loader = container.getClass().getClassLoader();
    if (container.getClass().getName().startsWith(PREFIX)) {
      try {
        Class.forName(PREFIX + "WsSession", true, loader);
      } catch (ClassNotFoundException | LinkageError e) {
        log.warn("Tomcat's WebSocket does not work", e);
      }
    }
  }

  /** The session as Tomcat's, or null where it is not or has changed too much. */
  static @Nullable TomcatSession of(
      Session session, PortableSession portable, SessionReading.Companion reading, Duration send) {
    if (!session.getClass().getName().startsWith(PREFIX)) {
      return null;
    }
    // Tomcat's own is 20 s; the sends that it times are the container's pongs.
    session.getUserProperties().put(PREFIX + "BLOCKING_SEND_TIMEOUT", send.toMillis());
    // Tomcat's own is 50 ms for every Close but 1000, its echo of the client's included: too little
    // for a busy machine, where the client would then see no Close at all.
    session.getUserProperties().put(PREFIX + "ABNORMAL_SESSION_CLOSE_SEND_TIMEOUT", CLOSE_MILLIS);
    return MEMBERS
        .computeIfAbsent(session.getClass(), type -> Optional.ofNullable(Members.find(type)))
        .map(members -> new TomcatSession(session, portable, reading, members))
        .orElse(null);
  }

  @Override
  public boolean suspend() {
    call(members.suspend(), session);
    return true;
  }

  /**
   * Not while the thread that reads is past its last look and not yet at rest: Tomcat would forget
   * the wake-up then (WsFrameServer.doOnDataAvailable). Nor may it be woken once too often, for it
   * drops a connection that is told to read while it is suspended (notifyDataAvailable).
   */
  @Override
  public boolean resume() {
    try {
      Object frame = members.frame().get(session);
      if (frame != null
          && call(members.readState(), frame).toString().equals("SUSPENDING_PROCESS")) {
        return false;
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
    call(members.resume(), session);
    return true;
  }

  @Override
  public void send(Piece piece, Completion done) {
    reading.send(() -> start(piece, done));
  }

  private void start(Piece piece, Completion done) {
    try {
      call(
          members.startMessage(),
          members.remote().get(session),
          piece.text() ? TEXT : BINARY,
          piece.bytes(),
          piece.last(),
          PortableSession.telling(done));
    } catch (IllegalAccessException | RuntimeException e) {
      done.failed(e);
    }
  }

  @Override
  public void ping() throws IOException {
    portable.ping();
  }

  /** Tomcat would write 1005 out, so it gets 1000 for none. */
  @Override
  public void close(int code, String reason) throws IOException {
    portable.close(code, reason);
  }

  /** The first call says Close and cuts; where that was said before, only the second has effect. */
  @Override
  public void cut() {
    CloseReason none = new CloseReason(CloseCodes.CLOSED_ABNORMALLY, "");
    try {
      call(members.doClose(), session, new CloseReason(() -> 1014, ""), none, true);
      call(members.onClose(), session, none);
    } catch (RuntimeException e) {
      portable.cut();
    } finally {
      reading.cut();
    }
  }

  /** Tomcat tells of the end as soon as it has sent our Close. */
  @Override
  public boolean isGone() {
    return (boolean) call(members.isClosed(), session);
  }

  private static Object call(Method method, Object on, Object... arguments) {
    try {
      return method.invoke(on, arguments);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(method.getName() + ": " + e.getCause(), e.getCause());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }
}
