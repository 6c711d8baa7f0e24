package org.culvert.samples;

import jakarta.websocket.OnClose;
import jakarta.websocket.OnError;
import jakarta.websocket.OnOpen;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerEndpoint;
import org.jspecify.annotations.Nullable;

/**
 * The dashboard: {@code /dashboard}. Sends JSON arrays of looks at the server, oldest first: the
 * last minute at once, then one look every half second.
 */
@ServerEndpoint("/dashboard")
public final class DashboardEndpoint {
  private static final int OUTBOX_CAPACITY = 2;

  private @Nullable Outbox outbox; // null until onOpen

  /** Starts to watch. */
  @OnOpen
  public void onOpen(Session session) {
    Traffic.opened();
    session.setMaxIdleTimeout(0); // it is never idle, and a send that fails ends it
    Outbox viewer = Outbox.of(session, OUTBOX_CAPACITY);
    outbox = viewer;
    Application.DASHBOARD.watch(viewer);
  }

  /** Stops watching. */
  @OnClose
  public void onClose() {
    Traffic.closed();
    if (outbox != null) {
      outbox.end();
      Application.DASHBOARD.leave(outbox);
    }
  }

  /** Nothing to do: the container calls onClose next. */
  @OnError
  public void onError(Throwable failure) {}
}
