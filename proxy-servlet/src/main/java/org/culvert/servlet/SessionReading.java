package org.culvert.servlet;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import org.culvert.exchange.JettyClient;
import org.jspecify.annotations.Nullable;

/**
 * A container's way to have a WebSocket session's bytes read on the selector of the backend's
 * connection, so that a message passes on one thread: Tomcat's alone, loaded by name where its
 * classes are there. The session stays the container's.
 */
interface SessionReading {
  /** What goes with a session whose bytes may be read so. */
  interface Companion {
    /** That of a session which the container reads. */
    Companion NONE = new Companion() {};

    /** The session has been made, and nobody has used it yet. In its onOpen, once. */
    default void opening() {}

    /** Runs a send of a message; where it is written at once that is told on the same thread. */
    default void send(Runnable call) {
      call.run();
    }

    /** The session has been cut: its descriptor is let go. On any thread, repeatedly. */
    default void cut() {}
  }

  /** A request to upgrade in place of the container's, and what goes with its session. */
  record Prepared(HttpServletRequest request, Companion companion) {}

  /**
   * Prepares a request's upgrade.
   *
   * @param client whose selector is to read
   * @return null where this very connection cannot be had
   */
  @Nullable Prepared prepare(
      ServletRequest containerRequest, HttpServletRequest request, JettyClient client);

  /** As it came, where there is no way for this request. */
  static Prepared of(HttpServletRequest request, JettyClient client) {
    ServletRequest inner = ContainerAdapters.unwrapped(request);
    SessionReading way = ContainerAdapters.of(inner, SessionReading.class, "SessionReading");
    Prepared prepared = way == null ? null : way.prepare(inner, request, client);
    return prepared == null ? new Prepared(request, Companion.NONE) : prepared;
  }
}
