package org.culvert.tunnel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The process's tunnel loops, one for a processor. They start with their first user and end, with
 * the tunnels they still have, when the last one has closed. Thread-safe.
 */
public final class TunnelLoops implements AutoCloseable {
  /** How long the last to leave waits for the loops' threads. */
  private static final long END_NANOS = TimeUnit.SECONDS.toNanos(1);

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
        present = startAll(threads());
        running = present;
      }
      users++;
      return new TunnelLoops(present);
    }
  }

  /** All loops, or none: what was begun is ended where one cannot be. */
  static TunnelLoop[] startAll(ThreadFactory threads) {
    List<TunnelLoop> all = new ArrayList<>();
    int started = 0;
    try {
      while (all.size() < Runtime.getRuntime().availableProcessors()) {
        all.add(new TunnelLoop());
      }
      for (TunnelLoop loop : all) {
        loop.start(threads);
        started++;
      }
    } catch (IOException e) {
      endAll(all, started);
      throw new UncheckedIOException("no selector for the tunnels", e);
    } catch (RuntimeException | Error e) { // No memory or no thread.
      endAll(all, started);
      throw e;
    }
    return all.toArray(TunnelLoop[]::new);
  }

  private static void endAll(List<TunnelLoop> loops, int started) {
    loops.subList(0, started).forEach(TunnelLoop::close);
    loops.subList(started, loops.size()).forEach(TunnelLoop::end);
  }

  private static ThreadFactory threads() {
    AtomicInteger number = new AtomicInteger();
    return loop -> {
      // Without what the first request's thread has in inheritable thread locals.
      Thread thread =
          new Thread(null, loop, "culvert-tunnel-" + number.incrementAndGet(), 0, false);
      thread.setDaemon(true);
      thread.setContextClassLoader(TunnelLoops.class.getClassLoader());
      return thread;
    };
  }

  /**
   * A tunnel for the loop with the fewest, to be {@linkplain Tunnel#start started}. After the end
   * of the loops its start is its end.
   */
  public Tunnel tunnel(Tunnel.Plan plan) {
    TunnelLoop least = loops[0];
    for (TunnelLoop loop : loops) {
      if (least.isClosed() || (!loop.isClosed() && loop.count() < least.count())) {
        least = loop;
      }
    }
    return new Tunnel(plan, least, NUMBER.incrementAndGet());
  }

  /** Leaves; the last to leave ends the loops, and waits for them briefly. Idempotent. */
  @Override
  public void close() {
    synchronized (LOCK) {
      if (closed) {
        return;
      }
      closed = true;
      if (--users > 0) {
        return;
      }
      running = null;
      for (TunnelLoop loop : loops) {
        loop.close();
      }
    }
    join();
  }

  /** Tomcat reports a thread that is still there after an undeploy. */
  private void join() {
    Thread caller = Thread.currentThread();
    if (Arrays.stream(loops).anyMatch(loop -> loop.isThread(caller))) {
      return;
    }
    long deadline = System.nanoTime() + END_NANOS;
    try {
      for (TunnelLoop loop : loops) {
        loop.join(deadline - System.nanoTime());
      }
    } catch (InterruptedException e) {
      caller.interrupt();
    }
  }
}
