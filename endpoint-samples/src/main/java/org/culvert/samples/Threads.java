package org.culvert.samples;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The application's own threads: one that ticks and must never wait, and a few that close slow
 * sessions and may. They live from {@link #start} to {@link #stop}, as the application does: a
 * thread that outlived it would keep its class loader for ever.
 */
final class Threads {
  private static final int CLOSERS = 4;
  private static volatile Threads current = new Threads();

  private final Set<Thread> started = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService ticker;
  private final ThreadPoolExecutor closers;

  private Threads() {
    ScheduledThreadPoolExecutor ticks = new ScheduledThreadPoolExecutor(1, named("samples-tick"));
    ticks.setRemoveOnCancelPolicy(true);
    ticker = ticks;
    closers =
        new ThreadPoolExecutor(
            CLOSERS,
            CLOSERS,
            5,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            named("samples-close"));
    closers.allowCoreThreadTimeOut(true);
  }

  /** Called when the application starts, also when it starts again in the same class loader. */
  static void start() {
    if (current.ticker.isShutdown()) {
      current = new Threads();
    }
  }

  /** Returns when the threads have ended, or after two seconds: a container looks for them next. */
  static void stop() {
    current.ticker.shutdownNow();
    current.closers.shutdownNow();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
    try {
      // an executor is terminated while its last thread is still on its way out: join them
      for (Thread thread : current.started) {
        thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Runs the task again and again until the returned future is cancelled. The task must not block,
   * and ends for good when it throws.
   */
  static Future<?> every(Duration period, Runnable task) {
    long nanos = period.toNanos();
    return current.ticker.scheduleAtFixedRate(task, nanos, nanos, TimeUnit.NANOSECONDS);
  }

  /** Runs a task that may block for a while, such as closing a session that does not read. */
  static void run(Runnable task) {
    try {
      current.closers.execute(task);
    } catch (RejectedExecutionException stopped) {
      // The application is going down, and its container closes what is still open.
    }
  }

  private ThreadFactory named(String name) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      started.removeIf(other -> other.getState() == Thread.State.TERMINATED);
      started.add(thread);
      return thread;
    };
  }
}
