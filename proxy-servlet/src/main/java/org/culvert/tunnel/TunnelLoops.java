package org.culvert.tunnel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The process's tunnel loops, one for a processor. They start with their first user and end, with
 * the tunnels they still have, when the last one has closed. Thread-safe.
 */
public final class TunnelLoops implements AutoCloseable {
  private static final Object LOCK = new Object();
  private static TunnelLoop @Nullable [] running;
  private static int users;
  private static final AtomicLong NUMBER = new AtomicLong();

  private final TunnelLoop[] loops;
  private boolean closed;

  private TunnelLoops(TunnelLoop[] loops) {
    this.loops = loops;
  }

  /** Joins the process's loops. */
  public static TunnelLoops open() {
    synchronized (LOCK) {
      TunnelLoop[] present = running;
      if (present == null) {
        present = startAll();
        running = present;
      }
      users++;
      return new TunnelLoops(present);
    }
  }

  private static TunnelLoop[] startAll() {
    List<TunnelLoop> all = new ArrayList<>();
    try {
      while (all.size() < Runtime.getRuntime().availableProcessors()) {
        all.add(new TunnelLoop());
      }
    } catch (IOException e) {
      all.forEach(TunnelLoop::end);
      throw new UncheckedIOException("no selector for the tunnels", e);
    }
    int number = 0;
    for (TunnelLoop loop : all) {
      // Without what the first request's thread has in inheritable thread locals.
      Thread thread = new Thread(null, loop, "culvert-tunnel-" + ++number, 0, false);
      thread.setDaemon(true);
      thread.setContextClassLoader(TunnelLoops.class.getClassLoader());
      thread.start();
    }
    return all.toArray(TunnelLoop[]::new);
  }

  /**
   * A tunnel for the loop with the fewest, to be {@linkplain Tunnel#start started}. After the end
   * of the loops its start is its end.
   */
  public Tunnel tunnel(Tunnel.Plan plan) {
    TunnelLoop least = loops[0];
    for (TunnelLoop loop : loops) {
      if (loop.count() < least.count()) {
        least = loop;
      }
    }
    return new Tunnel(plan, least, NUMBER.incrementAndGet());
  }

  /** Leaves; the last to leave ends the loops. Idempotent. */
  @Override
  public void close() {
    synchronized (LOCK) {
      if (!closed) {
        closed = true;
        if (--users == 0) {
          running = null;
          for (TunnelLoop loop : loops) {
            loop.close();
          }
        }
      }
    }
  }
}
