package org.culvert.upgrade;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The threads of one pool that wait for slow peers now. When more wait than may, the one that has
 * waited longest is given up: slow readers can never take the whole pool. Thread-safe.
 */
public final class Stalls {
  private final int bound;
  private final Map<Object, Runnable> waiting = new LinkedHashMap<>();

  /**
   * No thread waits.
   *
   * @param bound how many may
   */
  public Stalls(int bound) {
    this.bound = bound;
  }

  /**
   * A thread is about to wait.
   *
   * @param who identifies the wait
   * @param giveUp ends it, and the session that it is for; must not block
   */
  public void begin(Object who, Runnable giveUp) {
    List<Runnable> victims = new ArrayList<>(1);
    synchronized (this) {
      waiting.put(who, giveUp);
      var longest = waiting.values().iterator();
      for (int surplus = waiting.size() - bound; surplus > 0; surplus--) {
        victims.add(longest.next());
        longest.remove();
      }
    }
    victims.forEach(Runnable::run);
  }

  /** It waits no more. */
  public synchronized void end(Object who) {
    waiting.remove(who);
  }

  /** How many wait. */
  public synchronized int count() {
    return waiting.size();
  }
}
