package org.culvert.samples;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Shows the server's {@link Vitals} to whoever watches. A viewer who reads slowly misses looks: the
 * next is worth more than the last. Any thread; {@link #tick} by one at a time.
 */
final class Dashboard {
  /** What a new viewer is shown of the past: a minute, at two looks a second. */
  static final int HISTORY = 120;

  private final Set<Outbox> viewers = ConcurrentHashMap.newKeySet();
  private final Deque<String> history = new ArrayDeque<>(); // guarded by this, as is last
  private Vitals last = Vitals.now();

  /** Shows the past now, and each look from now on. */
  void watch(Outbox viewer) {
    String past;
    synchronized (this) {
      past = "[" + String.join(",", history) + "]";
      viewer.add(past);
      viewers.add(viewer);
    }
    viewer.flush();
  }

  void leave(Outbox viewer) {
    viewers.remove(viewer);
  }

  /** Takes a look and shows it. */
  void tick() {
    String look;
    List<Outbox> ready;
    synchronized (this) {
      Vitals now = Vitals.now();
      look = now.since(last);
      last = now;
      if (history.size() == HISTORY) {
        history.remove();
      }
      history.add(look);
      ready = viewers.stream().filter(Outbox::isEmpty).toList();
    }
    ready.forEach(viewer -> viewer.send("[" + look + "]"));
  }
}
