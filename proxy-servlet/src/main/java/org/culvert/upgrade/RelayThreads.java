package org.culvert.upgrade;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The relays' own threads, for what Jakarta WebSocket can only do by waiting: sends of a part of a
 * message, pings and Closes towards clients. A session asks for one of each at a time. While calls
 * wait for a thread, those that have held theirs longest for a slow peer are given up: so stalled
 * Closes hold up nobody else's, and the queue is short. Cuts have threads of their own: they are
 * what frees the others.
 *
 * <p>One bounded pool for the process; it starts with its first user, its threads end when idle,
 * and all of it ends with the last user. Thread-safe.
 */
public final class RelayThreads implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RelayThreads.class);

  /** Of these threads, how many may wait for a slow peer, and how many cut. */
  static final int WAITING = 96;

  private static final int CUTTING = 32;
  private static final long IDLE_SECONDS = 10;

  private static final long MOMENT_NANOS = 500_000;
  private static final int MOST_IN_A_ROW = 1_000_000;

  /** How long the last to leave waits for the threads. */
  private static final long END_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How long a call may hold its thread while others wait for one. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  private static final Object LOCK = new Object();
  private static @Nullable Shared shared;
  private static int users;

  /** What the process has once. */
  private static final class Shared {
    final ThreadPoolExecutor waiting;
    final ScheduledThreadPoolExecutor cutting;
    final Stalls stalls = new Stalls(WAITING);
    final AtomicBoolean relieving = new AtomicBoolean();

    Shared() {
      AtomicInteger number = new AtomicInteger();
      ThreadFactory threads =
          task -> {
            Thread thread = new Thread(task, "culvert-relay-" + number.incrementAndGet());
            thread.setDaemon(true);
            thread.setContextClassLoader(RelayThreads.class.getClassLoader());
            return thread;
          };
      waiting =
          new ThreadPoolExecutor(
              WAITING,
              WAITING,
              IDLE_SECONDS,
              TimeUnit.SECONDS,
              new LinkedBlockingQueue<>(),
              threads);
      waiting.allowCoreThreadTimeOut(true);
      cutting = new ScheduledThreadPoolExecutor(CUTTING, threads);
      cutting.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
      cutting.allowCoreThreadTimeOut(true);
      cutting.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    final Queue<Runnable> last = new ConcurrentLinkedQueue<>();
    final AtomicInteger lastOnes = new AtomicInteger();

    /**
     * By the thread that has raised the count from 0, until it is 0 again. It looks once more after
     * a moment before it ends: to wake a thread costs more than what it is woken for.
     */
    void runLast() {
      int done;
      do {
        done = runWaiting();
        while (done < MOST_IN_A_ROW) {
          LockSupport.parkNanos(MOMENT_NANOS);
          int more = runWaiting();
          if (more == 0) {
            break;
          }
          done += more;
        }
      } while (lastOnes.addAndGet(-done) > 0);
    }

    private int runWaiting() {
      int done = 0;
      Runnable task;
      while ((task = last.poll()) != null) {
        done++;
        try {
          task.run();
        } catch (RuntimeException | Error e) {
          log.warn("what follows a WebSocket's end failed", e);
        }
      }
      return done;
    }

    /** Calls wait for a thread: looks after a while whether they still do. */
    void relieveSoon() {
      if (!waiting.getQueue().isEmpty() && relieving.compareAndSet(false, true)) {
        try {
          cutting.schedule(this::relieve, PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
          relieving.set(false); // The last relay has ended.
        }
      }
    }

    private void relieve() {
      relieving.set(false);
      stalls.giveUp(waiting.getQueue().size(), PATIENCE);
      relieveSoon();
    }
  }

  private final Shared mine;
  private boolean closed;

  private RelayThreads(Shared mine) {
    this.mine = mine;
  }

  /** Joins the process's threads. */
  public static RelayThreads open() {
    synchronized (LOCK) {
      Shared running = shared;
      if (running == null) {
        running = new Shared();
        shared = running;
      }
      users++;
      return new RelayThreads(running);
    }
  }

  /**
   * Makes a call that may have to wait for a peer.
   *
   * @param giveUp run while the call waits and others need its thread: ends the session that it is
   *     for, and so the call; must not block
   */
  public void call(Runnable call, Runnable giveUp) {
    execute(
        mine.waiting,
        () -> {
          Object wait = new Object();
          mine.stalls.begin(wait, giveUp);
          try {
            call.run();
          } finally {
            mine.stalls.end(wait);
          }
        });
    mine.relieveSoon();
  }

  /** Ends a session that may keep others of these threads waiting. */
  public void cut(Runnable cut) {
    execute(mine.cutting, cut);
  }

  /**
   * Does what is left to do for a session that has ended, and waits for no peer: its line in a log.
   * One after the other, so that many ends wake one thread once.
   */
  public void follow(Runnable task) {
    mine.last.add(task);
    if (mine.lastOnes.getAndIncrement() == 0) {
      execute(mine.cutting, mine::runLast);
    }
  }

  /** A task that comes after the end gets a thread of its own, for it ends something. */
  private static void execute(ThreadPoolExecutor pool, Runnable task) {
    try {
      pool.execute(task);
    } catch (RejectedExecutionException e) {
      Thread late = new Thread(task, "culvert-relay-late");
      late.setDaemon(true);
      late.start();
    }
  }

  /** How many of these threads are in a call now. */
  int waiting() {
    return mine.stalls.count();
  }

  /**
   * {@link #close}; and waits briefly for the threads where they end: Tomcat reports one that is
   * still there after an undeploy. Not on one of them.
   */
  public void closeAndJoin() {
    close();
    long deadline = System.nanoTime() + END_NANOS;
    try {
      for (ThreadPoolExecutor pool : List.of(mine.waiting, mine.cutting)) {
        if (pool.isShutdown()) {
          pool.awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Leaves; the last to leave ends the threads, which finish what they were given. Idempotent. */
  @Override
  public void close() {
    synchronized (LOCK) {
      if (!closed) {
        closed = true;
        if (--users == 0) {
          shared = null;
          mine.waiting.shutdown();
          mine.cutting.shutdown();
        }
      }
    }
  }
}
