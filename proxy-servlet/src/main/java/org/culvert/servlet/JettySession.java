package org.culvert.servlet;

import jakarta.websocket.CloseReason;
import jakarta.websocket.Session;
import java.io.IOException;
import org.culvert.exchange.Completion;
import org.culvert.upgrade.Piece;

/**
 * Jetty's session. A Close may go without a status, and the connection can be cut: {@code abort} is
 * public in Jetty's class, which a web application cannot name.
 */
final class JettySession implements ContainerSession {
  private final Session session;
  private final PortableSession portable;

  JettySession(Session session, PortableSession portable) {
    this.session = session;
    this.portable = portable;
  }

  /** Whether it is one of Jetty's, ee10 or ee11. */
  static boolean is(Session session) {
    return session.getClass().getName().startsWith("org.eclipse.jetty.");
  }

  @Override
  public boolean suspend() {
    return false;
  }

  @Override
  public void resume() {}

  @Override
  public void send(Piece piece, Completion done) {
    portable.send(piece, done);
  }

  @Override
  public void ping() throws IOException {
    portable.ping();
  }

  @Override
  public void close(int code, String reason) throws IOException {
    session.close(new CloseReason(() -> code, reason));
  }

  @Override
  public void cut() {
    try {
      session.getClass().getMethod("abort").invoke(session);
    } catch (ReflectiveOperationException | RuntimeException e) {
      portable.cut();
    }
  }

  @Override
  public boolean isGone() {
    return true;
  }
}
