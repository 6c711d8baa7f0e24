package org.culvert.resolver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread of the process that talks with name servers; it starts with the first question,
 * and waits in its selector. All that it runs is short. {@link #execute} and {@link #close} may be
 * called by any thread, all else by the loop's.
 */
public final class DnsLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DnsLoop.class);
  private static final long LAST_WORDS_MILLIS = 1000;

  /** Something that happens later unless it is cancelled. */
  final class Timer {
    private final long at;
    private final Runnable task;

    private Timer(long at, Runnable task) {
      this.at = at;
      this.task = task;
    }

    void cancel() {
      timers.remove(this);
    }
  }

  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>((one, other) -> Long.signum(one.at - other.at));
  private @Nullable Selector selector;
  private @Nullable Thread thread;
  private volatile boolean closed;

  /**
   * Has the loop run something.
   *
   * @throws UncheckedIOException where no selector is to be had
   */
  void execute(Runnable task) {
    tasks.add(task);
    running().wakeup();
  }

  private synchronized Selector running() {
    Selector known = selector;
    if (known == null) {
      try {
        known = Selector.open();
      } catch (IOException e) {
        throw new UncheckedIOException("no selector for the resolver", e);
      }
      Selector opened = known;
      Thread started = new Thread(() -> run(opened), "culvert-resolver");
      started.setDaemon(true);
      started.setContextClassLoader(DnsLoop.class.getClassLoader());
      selector = opened;
      thread = started;
      started.start();
    }
    return known;
  }

  /** Has something run when the time has passed. */
  Timer after(Duration time, Runnable task) {
    Timer timer = new Timer(System.nanoTime() + time.toNanos(), task);
    timers.add(timer);
    return timer;
  }

  /** Has something run whenever the channel is ready; until it is closed. */
  SelectionKey register(SelectableChannel channel, int operations, Runnable ready)
      throws IOException {
    channel.configureBlocking(false);
    return channel.register(running(), operations, ready);
  }

  private void run(Selector on) {
    try (on) {
      while (!closed) {
        on.select(DnsLoop::ready, untilNext());
        Runnable task;
        while ((task = tasks.poll()) != null) {
          guarded(task);
        }
        long now = System.nanoTime();
        Timer first;
        while ((first = timers.peek()) != null && first.at - now <= 0) {
          timers.poll();
          guarded(first.task);
        }
      }
      for (SelectionKey key : on.keys()) {
        key.channel().close();
      }
    } catch (IOException | ClosedSelectorException e) {
      LOG.error("the resolver's selector failed: {}", e.toString(), e);
    }
  }

  private static void ready(SelectionKey key) {
    if (key.attachment() instanceof Runnable ready) {
      guarded(ready);
    }
  }

  /** In milliseconds, at least one; 0 for ever. */
  private long untilNext() {
    Timer first = timers.peek();
    if (first == null) {
      return 0;
    }
    return Math.max(1, TimeUnit.NANOSECONDS.toMillis(first.at - System.nanoTime()) + 1);
  }

  /** A defect in one lookup must not end the others'. */
  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.error("a defect of the resolver: {}", e.toString(), e);
    }
  }

  /** Ends the thread and closes its sockets; waits for it, a second at most. Idempotent. */
  @Override
  public void close() {
    Thread running;
    synchronized (this) {
      closed = true;
      running = thread;
      if (selector != null) {
        selector.wakeup();
      }
    }
    if (running != null) {
      try {
        running.join(LAST_WORDS_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
