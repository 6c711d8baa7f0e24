package org.culvert.limit;

import java.util.HashMap;
import java.util.Map;

/**
 * The counts of a {@code limit_conn_zone}: for each key the requests that are being processed.
 * Thread-safe.
 */
public final class ConnectionZone {
  /** nginx's {@code ngx_rbtree_node_t} with {@code ngx_http_limit_conn_node_t}, without the key. */
  private static final int NODE = 36;

  /** nginx's {@code ngx_http_limit_conn_shctx_t}. */
  private static final int ZONE = 64;

  /** What comes of asking. */
  enum Reply {
    COUNTED,
    /** As many as may be are there already. */
    ABOVE,
    /** There is no room for its count. */
    NO_ROOM
  }

  private final ZoneMemory memory;
  private final Map<String, Integer> counts = new HashMap<>();

  /** A zone without counts. */
  ConnectionZone(long size) {
    memory = new ZoneMemory(size, ZONE);
  }

  /** Counts one more, if there are fewer than that. */
  synchronized Reply take(String key, int most) {
    int now = counts.getOrDefault(key, 0);
    if (now == 0 && !memory.take(NODE + key.length())) {
      return Reply.NO_ROOM;
    }
    if (now >= most) {
      return Reply.ABOVE;
    }
    counts.put(key, now + 1);
    return Reply.COUNTED;
  }

  /** Counts one again that was given back a moment before, whatever there is. */
  synchronized void retake(String key) {
    if (counts.merge(key, 1, Integer::sum) == 1) {
      memory.owe(NODE + key.length());
    }
  }

  /** Counts one less. */
  synchronized void give(String key) {
    if (counts.merge(key, -1, (now, less) -> now + less == 0 ? null : now + less) == null) {
      memory.give(NODE + key.length());
    }
  }

  /** How many are counted under a key. */
  synchronized int count(String key) {
    return counts.getOrDefault(key, 0);
  }

  /** How many keys have a count. */
  synchronized int states() {
    return counts.size();
  }
}
