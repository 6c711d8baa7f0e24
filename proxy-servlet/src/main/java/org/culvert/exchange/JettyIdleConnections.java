package org.culvert.exchange;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Idle connections to one origin, the latest used first; beyond the limit the oldest is closed
 * (nginx, "keepalive"). Thread-safe; nothing is closed under the lock.
 */
final class JettyIdleConnections {
  private final int limit;
  private final Deque<JettyUpstreamConnection> connections = new ArrayDeque<>();
  private boolean closed;

  JettyIdleConnections(int limit) {
    this.limit = limit;
  }

  @Nullable JettyUpstreamConnection take() {
    while (true) {
      JettyUpstreamConnection latest;
      synchronized (this) {
        latest = connections.pollFirst();
      }
      if (latest == null || latest.isUsable()) {
        return latest;
      }
    }
  }

  void keep(JettyUpstreamConnection connection) {
    JettyUpstreamConnection surplus = null;
    synchronized (this) {
      connections.addFirst(connection);
      if (connections.size() > (closed ? 0 : limit)) {
        surplus = connections.removeLast();
      }
    }
    if (surplus != null) {
      surplus.close();
    } else if (!connection.isUsable()) {
      forget(connection); // It ended on the way here.
    }
  }

  /** It has ended. */
  synchronized void forget(JettyUpstreamConnection connection) {
    connections.remove(connection);
  }

  /** Whether none is kept. */
  synchronized boolean isEmpty() {
    return connections.isEmpty();
  }

  void close() {
    List<JettyUpstreamConnection> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(connections);
      connections.clear();
    }
    all.forEach(JettyUpstreamConnection::close);
  }
}
