package org.culvert.exchange;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Time limits, kept by one daemon thread of the process. What runs on it must not block. A limit
 * that is pushed on with every read or write costs one ordered write each time: its task looks at
 * the deadline when it fires and waits on where it was moved.
 */
public final class Timers {
  /** A running limit. Thread-safe. */
  public static final class Limit {
    private final ScheduledThreadPoolExecutor scheduler;
    private final long nanos;
    private final Runnable passed;
    private final AtomicLong deadline;
    private volatile boolean stopped;
    private volatile boolean paused;
    private volatile @Nullable ScheduledFuture<?> task;

    private Limit(ScheduledThreadPoolExecutor scheduler, long nanos, Runnable passed) {
      this.scheduler = scheduler;
      this.nanos = nanos;
      this.passed = passed;
      this.deadline = new AtomicLong(System.nanoTime() + nanos);
      schedule(nanos);
    }

    private void schedule(long delay) {
      try {
        ScheduledFuture<?> scheduled = scheduler.schedule(this::fire, delay, TimeUnit.NANOSECONDS);
        task = scheduled;
        if (stopped) {
          scheduled.cancel(false);
        }
      } catch (RejectedExecutionException e) {
        stopped = true; // The process's last user is closing; what it timed is being aborted.
      }
    }

    private void fire() {
      if (stopped) {
        return;
      }
      long left = paused ? nanos : deadline.get() - System.nanoTime();
      if (left > 0) {
        schedule(left);
      } else {
        stopped = true;
        passed.run();
      }
    }

    /** Starts the time anew: something happened, or something is waited for from now on. */
    public void touch() {
      deadline.lazySet(System.nanoTime() + nanos);
      if (paused) {
        paused = false;
      }
    }

    /** Nothing is waited for until the next {@link #touch}. */
    public void pause() {
      paused = true;
    }

    /** Ends the limit; it does not pass any more. Idempotent. */
    public void stop() {
      stopped = true;
      ScheduledFuture<?> current = task;
      if (current != null) {
        current.cancel(false);
      }
    }
  }

  private final ScheduledThreadPoolExecutor scheduler;
  private final Executor executor;
  private final HangUps hangUps;

  /**
   * Timers.
   *
   * @param executor where what may take a while is run
   */
  Timers(ScheduledThreadPoolExecutor scheduler, Executor executor) {
    this.scheduler = scheduler;
    this.executor = executor;
    this.hangUps = new HangUps(this, executor);
  }

  /** The clients that are watched. */
  public HangUps hangUps() {
    return hangUps;
  }

  /**
   * Starts a limit.
   *
   * @param time how long after the start, or after the last {@link Limit#touch}
   * @param passed run once on the timer thread when the time has passed; must not block
   */
  public Limit start(Duration time, Runnable passed) {
    return new Limit(scheduler, time.toNanos(), passed);
  }

  /**
   * Runs a task later.
   *
   * @param task run once on a thread of the upstreams' pool; not at all where the process's last
   *     user is closing, and with it the request that waits
   */
  public Limit after(Duration time, Runnable task) {
    return start(
        time,
        () -> {
          try {
            executor.execute(task);
          } catch (RejectedExecutionException e) {
            // Nobody is served any more.
          }
        });
  }
}
