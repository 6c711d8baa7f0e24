package org.culvert.limit;

import java.util.ArrayList;
import java.util.List;

/**
 * What one request is counted under in {@code limit_conn_zone}s, until it is over. Every end gives
 * the counts back once, and what is added after the end at once. Thread-safe.
 */
public final class CountedKeys {
  private record Counted(ConnectionZone zone, String key) {}

  private final List<Counted> all = new ArrayList<>(2);
  private boolean counted = true;
  private boolean closed;

  /** Takes what has been counted. */
  synchronized void add(ConnectionZone zone, String key) {
    if (closed) {
      zone.give(key);
    } else {
      all.add(new Counted(zone, key));
    }
  }

  /** The request is refused: what it was counted under so far is given back. */
  synchronized void drop() {
    suspend();
    all.clear();
    counted = !closed;
  }

  /**
   * The rest of the answer is about to go out: who has it may ask again at once, and is not to be
   * refused for a request that is over.
   */
  public synchronized void suspend() {
    if (counted) {
      counted = false;
      all.forEach(each -> each.zone.give(each.key));
    }
  }

  /** It has not gone out yet, for the client is slow to take it: counted again, unless closed. */
  public synchronized void resume() {
    if (!counted && !closed) {
      counted = true;
      all.forEach(each -> each.zone.retake(each.key));
    }
  }

  /** The request is over. Idempotent. */
  public synchronized void close() {
    suspend();
    closed = true;
  }
}
