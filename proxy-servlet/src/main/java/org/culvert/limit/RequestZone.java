package org.culvert.limit;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The states of a {@code limit_req_zone}: for each key a bucket that leaks at the zone's rate, its
 * excess in thousandths of a request (nginx, {@code ngx_http_limit_req_module}). When there is no
 * room, the states that were asked for longest ago go. Thread-safe.
 */
public final class RequestZone {
  /** nginx's {@code ngx_rbtree_node_t} with {@code ngx_http_limit_req_node_t}, without the key. */
  private static final int NODE = 80;

  /** nginx's {@code ngx_http_limit_req_shctx_t}. */
  private static final int ZONE = 80;

  /** A state is kept for so long at least, unless there is no room. */
  private static final long KEPT_MILLIS = 60_000;

  /** What comes of asking. */
  enum Reply {
    /** Counted: the request is within the burst. */
    COUNTED,
    /** It would be within the burst; it is not counted before all limits are asked. */
    HELD,
    /** Above the burst. */
    ABOVE,
    /** There is no room for its state. */
    NO_ROOM
  }

  /**
   * An answer.
   *
   * @param excess in thousandths of a request
   * @param held what {@link #count} or {@link #release} is to be called with, where it is HELD
   */
  record Answer(Reply reply, long excess, @Nullable Node held) {}

  /** One key's bucket. */
  static final class Node {
    private final String key;
    private long excess;
    private long last;
    private int holders;

    private Node(String key, long last) {
      this.key = key;
      this.last = last;
    }
  }

  private final LongSupplier millis;
  private final ZoneMemory memory;

  /** The one asked for longest ago first. */
  private final Map<String, Node> nodes = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * A zone without states.
   *
   * @param size as configured
   * @param millis the clock, which only its differences are used of
   */
  RequestZone(long size, LongSupplier millis) {
    this.millis = millis;
    this.memory = new ZoneMemory(size, ZONE);
  }

  /**
   * Asks whether another request is within the burst.
   *
   * @param rate in thousandths of a request in a second
   * @param burst in thousandths of a request
   * @param counts whether it is counted if so; else its state is held until it is
   */
  synchronized Answer ask(String key, long rate, long burst, boolean counts) {
    long now = millis.getAsLong();
    Node node = nodes.get(key);
    if (node == null) {
      return first(key, rate, counts, now);
    }
    long excess = excess(node, rate, now);
    if (excess > burst) {
      return new Answer(Reply.ABOVE, excess, null);
    }
    if (counts) {
      put(node, excess, now);
      return new Answer(Reply.COUNTED, excess, null);
    }
    node.holders++;
    return new Answer(Reply.HELD, excess, node);
  }

  private Answer first(String key, long rate, boolean counts, long now) {
    int bytes = NODE + key.length();
    expire(rate, now, false);
    if (!memory.take(bytes)) {
      expire(rate, now, true);
      if (!memory.take(bytes)) {
        return new Answer(Reply.NO_ROOM, 0, null);
      }
    }
    // One that is only held has had its last request long ago.
    Node node = new Node(key, counts ? now : now - 1_000 * KEPT_MILLIS);
    nodes.put(key, node);
    if (counts) {
      return new Answer(Reply.COUNTED, 0, null);
    }
    node.holders = 1;
    return new Answer(Reply.HELD, 0, node);
  }

  /** Counts a request that was held, and returns the excess with it. */
  synchronized long count(Node node, long rate) {
    long now = millis.getAsLong();
    long excess = excess(node, rate, now);
    put(node, excess, now);
    node.holders--;
    return excess;
  }

  /** A request that was held is not counted. */
  synchronized void release(Node node) {
    node.holders--;
  }

  private static void put(Node node, long excess, long now) {
    node.excess = excess;
    if (now != node.last) {
      node.last = now;
    }
  }

  /** With one request more. */
  private static long excess(Node node, long rate, long now) {
    return Math.max(0, node.excess - leaked(rate, now - node.last) + 1_000);
  }

  private static long leaked(long rate, long time) {
    return time > Long.MAX_VALUE / rate ? Long.MAX_VALUE / 1_000 : rate * time / 1_000;
  }

  /**
   * Drops up to two states that are kept for nothing; by force the oldest, whatever it is, before.
   */
  private void expire(long rate, long now, boolean force) {
    Iterator<Node> oldest = nodes.values().iterator();
    for (int n = force ? 0 : 1; n < 3 && oldest.hasNext(); n++) {
      Node node = oldest.next();
      if (node.holders > 0) {
        return; // Those behind it were asked for later.
      }
      long idle = now - node.last;
      if (n > 0 && (idle < KEPT_MILLIS || node.excess > leaked(rate, idle))) {
        return;
      }
      oldest.remove();
      memory.give(NODE + node.key.length());
    }
  }

  /** How many states there are. */
  synchronized int states() {
    return nodes.size();
  }
}
