package org.culvert.upgrade;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The threads of one pool that wait for slow peers now. When more wait than may, the one that has
 * waited longest is given up: slow readers can never take the whole pool. Thread-safe.
 */
public final class Stalls {
  private record Wait(long since, Runnable giveUp) {}

  private final int bound;
  private final Map<Object, Wait> waiting = new LinkedHashMap<>();

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
    List<Runnable> victims;
    synchronized (this) {
      waiting.put(who, new Wait(System.nanoTime(), giveUp));
      victims = longest(waiting.size() - bound, Duration.ZERO);
    }
    victims.forEach(Runnable::run);
  }

  /**
   * Others need the threads: gives up those that have waited longest.
   *
   * @param most how many at most
   * @param patience who has waited for less is left alone
   */
  void giveUp(int most, Duration patience) {
    List<Runnable> victims;
    synchronized (this) {
      victims = longest(most, patience);
    }
    victims.forEach(Runnable::run);
  }

  /** Takes them out; the map is in the order in which they began. */
  private List<Runnable> longest(int most, Duration patience) {
    List<Runnable> victims = new ArrayList<>();
    long now = System.nanoTime();
    var waits = waiting.values().iterator();
    while (victims.size() < most && waits.hasNext()) {
      Wait wait = waits.next();
      if (now - wait.since() < patience.toNanos()) {
        break;
      }
      victims.add(wait.giveUp());
      waits.remove();
    }
    return victims;
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
