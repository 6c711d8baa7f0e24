package org.culvert.exchange;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.eclipse.jetty.client.Connection;
import org.jspecify.annotations.Nullable;

/**
 * Idle connections to one origin, the latest used first; beyond the limit the oldest is closed
 * (nginx, "keepalive"). Thread-safe; nothing is closed under the lock.
 */
final class JettyIdleConnections {
  private final int limit;
  private final Deque<Connection> connections = new ArrayDeque<>();
  private boolean closed;

  JettyIdleConnections(int limit) {
    this.limit = limit;
  }

  @Nullable Connection take() {
    while (true) {
      Connection latest;
      synchronized (this) {
        latest = connections.pollFirst();
      }
      if (latest == null || !latest.isClosed()) {
        return latest;
      }
    }
  }

  void keep(Connection connection) {
    List<Connection> surplus = new ArrayList<>(1);
    synchronized (this) {
      connections.removeIf(Connection::isClosed);
      connections.addFirst(connection);
      while (connections.size() > (closed ? 0 : limit)) {
        surplus.add(connections.removeLast());
      }
    }
    surplus.forEach(Connection::close);
  }

  /** Whether none is kept that still lives. */
  synchronized boolean isEmpty() {
    connections.removeIf(Connection::isClosed);
    return connections.isEmpty();
  }

  void close() {
    List<Connection> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(connections);
      connections.clear();
    }
    all.forEach(Connection::close);
  }
}
