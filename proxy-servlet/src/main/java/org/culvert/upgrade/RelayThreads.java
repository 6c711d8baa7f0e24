package org.culvert.upgrade;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The relays' own threads, for what Jakarta WebSocket can only do by waiting: sends of a part of a
 * message, pings and Closes towards clients. One bounded pool for the process; it starts with its
 * first user, its threads end when idle, and all of it ends with the last user. Thread-safe.
 */
public final class RelayThreads implements Executor, AutoCloseable {
  private static final int SIZE = 128;
  private static final long IDLE_SECONDS = 10;
  private static final Object LOCK = new Object();
  private static @Nullable Shared shared;
  private static int users;

  /** What the process has once. */
  private static final class Shared {
    final ThreadPoolExecutor pool;
    final Stalls stalls;

    Shared() {
      AtomicInteger number = new AtomicInteger();
      pool =
          new ThreadPoolExecutor(
              SIZE,
              SIZE,
              IDLE_SECONDS,
              TimeUnit.SECONDS,
              new LinkedBlockingQueue<>(),
              task -> {
                Thread thread = new Thread(task, "culvert-relay-" + number.incrementAndGet());
                thread.setDaemon(true);
                thread.setContextClassLoader(RelayThreads.class.getClassLoader());
                return thread;
              });
      pool.allowCoreThreadTimeOut(true);
      stalls = new Stalls(SIZE / 4);
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

  /** Runs a task; one that comes after the end gets a thread of its own, for it ends something. */
  @Override
  public void execute(Runnable task) {
    try {
      mine.pool.execute(task);
    } catch (RejectedExecutionException e) {
      Thread late = new Thread(task, "culvert-relay-late");
      late.setDaemon(true);
      late.start();
    }
  }

  /** Which of these threads wait for a slow peer: a quarter of the pool may. */
  public Stalls stalls() {
    return mine.stalls;
  }

  /** Leaves; the last to leave ends the threads, which finish what they were given. Idempotent. */
  @Override
  public void close() {
    synchronized (LOCK) {
      if (!closed) {
        closed = true;
        if (--users == 0) {
          shared = null;
          mine.pool.shutdown();
        }
      }
    }
  }
}
