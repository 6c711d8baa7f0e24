package org.culvert.tunnel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
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
    TunnelLoop[] all = new TunnelLoop[Runtime.getRuntime().availableProcessors()];
    try {
      for (int i = 0; i < all.length; i++) {
        all[i] = new TunnelLoop();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("no selector for the tunnels", e);
    }
    for (int i = 0; i < all.length; i++) {
      Thread thread = new Thread(all[i], "culvert-tunnel-" + (i + 1));
      thread.setDaemon(true);
      thread.setContextClassLoader(TunnelLoops.class.getClassLoader());
      thread.start();
    }
    return all;
  }

  /**
   * Begins a tunnel on the loop with the fewest. After the end of the loops it is over at once.
   *
   * @param clientEarly what came from the client before; the callee's from now on
   * @param backendEarly what came from the backend before
   */
  public Tunnel start(Tunnel.Plan plan, ByteBuffer clientEarly, ByteBuffer backendEarly) {
    TunnelLoop least = loops[0];
    for (TunnelLoop loop : loops) {
      if (loop.count() < least.count()) {
        least = loop;
      }
    }
    return Tunnel.start(plan, least, NUMBER.incrementAndGet(), clientEarly, backendEarly);
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
