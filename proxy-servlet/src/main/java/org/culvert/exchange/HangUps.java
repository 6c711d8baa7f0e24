package org.culvert.exchange;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices clients that hang up while their request waits for a backend, which no container reads
 * for. Their channels are put on a selector of their own and looked at twice a second by the timer
 * thread: a channel that is readable and has no byte to read, and so again at once, is at its end.
 * What a client sends ahead stays where it is. A half-closed connection counts as left, as in nginx
 * ({@code proxy_ignore_client_abort off}).
 */
public final class HangUps {
  private static final Logger LOG = LoggerFactory.getLogger(HangUps.class);
  private static final Duration LOOK = Duration.ofMillis(500);

  /** Until the next look where one has found an end that is not certain. */
  private static final Duration SECOND_LOOK = Duration.ofMillis(20);

  /**
   * Looks in a row that must find an end: one may be deceived, when the container reads the last
   * bytes of a body that came between the channel's being readable and the count of its bytes.
   */
  private static final int CERTAIN = 3;

  /** A client's connection, seen from below. */
  public interface Line {
    /** The bare channel, that of TLS too. */
    SocketChannel channel();

    /**
     * Whether the client has hung up, asked when the channel is readable. Takes nothing from who
     * reads the connection, and runs nothing of his.
     *
     * @throws IOException when the connection is broken
     */
    boolean hasEnded() throws IOException;

    /**
     * Whether an end that {@link #hasEnded} finds is one: it has read it, and closed the connection
     * perhaps, so that it cannot be asked again.
     */
    default boolean isCertain() {
      return false;
    }

    /**
     * Wakes who reads the connection, if the look may have taken in what he waits for. Called after
     * each look, on a thread of the upstream clients: he may go on from here.
     */
    default void wakeReader() {}

    /** A connection without TLS: readable without a byte to read is its end, or just read empty. */
    static Line bare(SocketChannel channel) {
      return new Line() {
        @Override
        public SocketChannel channel() {
          return channel;
        }

        @Override
        public boolean hasEnded() throws IOException {
          return channel.socket().getInputStream().available() == 0;
        }
      };
    }
  }

  /** One connection that is watched. */
  public final class Watch {
    private final Supplier<@Nullable Line> line;
    private final Runnable gone;
    private volatile boolean stopped;
    private volatile @Nullable SelectionKey key;
    private @Nullable Line registered;
    private int ends;

    private Watch(Supplier<@Nullable Line> line, Runnable gone) {
      this.line = line;
      this.gone = gone;
    }

    /** The request is over. Idempotent; the channel's key is dropped at the next look. */
    public void stop() {
      stopped = true;
      waiting.remove(this);
      SelectionKey registered = key;
      if (registered != null) {
        registered.cancel();
      }
    }

    /**
     * {@link #stop}; and no look at the connection is under way any more when this returns: it may
     * wait for one, some microseconds for each connection that is looked at. For who is about to
     * take the connection out of its owner's hands; not to be called beneath a lock.
     */
    public void stopForGood() {
      stop();
      synchronized (HangUps.this) {
        // The look has ended.
      }
    }
  }

  private final Timers timers;
  private final Executor executor;

  /** Not registered: since the last look, or because what they sent ahead hides their end. */
  private final Set<Watch> waiting = ConcurrentHashMap.newKeySet();

  /** Found at their end by the last look, which does not yet make it certain. */
  private final Set<Watch> doubted = new HashSet<>();

  private @Nullable Selector selector;
  private volatile boolean looking;
  private boolean closed;

  HangUps(Timers timers, Executor executor) {
    this.timers = timers;
    this.executor = executor;
  }

  /**
   * Watches a connection; a request that ends before the next look costs no system call and no
   * lock.
   *
   * @param line asked for at the first look, on the timer thread; null where it is not known
   * @param gone run once, on a thread of the upstream clients, when the client has hung up
   */
  public Watch watch(Supplier<@Nullable Line> line, Runnable gone) {
    Watch watch = new Watch(line, gone);
    waiting.add(watch);
    if (!looking) {
      beginLooking();
    }
    return watch;
  }

  private synchronized void beginLooking() {
    if (!looking && !closed) {
      looking = true;
      timers.start(LOOK, this::look);
    }
  }

  private synchronized void look() {
    if (closed) {
      return;
    }
    boolean more = true;
    try {
      Selector own = selector;
      if (own == null) {
        own = Selector.open();
        selector = own;
      }
      own.selectNow(); // Drops cancelled keys, so that their channels can be closed and used again.
      own.selectedKeys().clear();
      for (Watch watch : waiting) {
        if (waiting.remove(watch)) {
          register(watch, own);
        }
      }
      own.selectNow();
      for (Watch watch : doubted) {
        if (!isReady(watch, own)) {
          watch.ends = 0;
        }
      }
      doubted.clear();
      for (SelectionKey ready : own.selectedKeys()) {
        judge((Watch) ready.attachment(), ready);
      }
      own.selectedKeys().clear();
      more = !own.keys().isEmpty() || !waiting.isEmpty();
    } catch (IOException e) {
      // Of a process without free descriptors, for instance: the next look may see more.
      LOG.debug("cannot look for clients that hung up", e);
    } catch (RuntimeException e) {
      LOG.error("internal error in the look for clients that hung up", e);
    }
    looking = more;
    // Who came after the count and before that saw nobody looking would wait for ever.
    if (more || !waiting.isEmpty()) {
      looking = true;
      timers.start(doubted.isEmpty() ? LOOK : SECOND_LOOK, this::look);
    }
  }

  private static boolean isReady(Watch watch, Selector own) {
    SelectionKey key = watch.key;
    return key != null && own.selectedKeys().contains(key);
  }

  private void register(Watch watch, Selector own) {
    if (watch.stopped) {
      return;
    }
    try {
      Line line = watch.line.get();
      if (line != null) {
        watch.registered = line;
        SelectionKey key = line.channel().register(own, SelectionKey.OP_READ, watch);
        watch.key = key;
        if (watch.stopped) { // Meanwhile, perhaps before the key was there to be cancelled.
          key.cancel();
        }
      }
    } catch (CancelledKeyException e) {
      waiting.add(watch); // That of its connection's last request, which the next look drops.
    } catch (ClosedChannelException | RuntimeException e) {
      // Closed already, or the container has taken its request back (Tomcat's facade throws).
      watch.stopped = true;
    }
  }

  private void judge(Watch watch, SelectionKey ready) {
    ready.cancel();
    watch.key = null;
    Line line = watch.registered;
    if (watch.stopped || line == null) {
      return;
    }
    try {
      watch.ends = !line.hasEnded() ? 0 : line.isCertain() ? CERTAIN : watch.ends + 1;
      execute(() -> wake(line));
    } catch (IOException e) {
      watch.ends = CERTAIN; // Reset.
    } catch (RuntimeException e) {
      watch.ends = 0; // That says nothing of the client.
      LOG.debug("cannot look at a client's connection", e);
    }
    if (watch.ends >= CERTAIN) {
      watch.stopped = true;
      execute(watch.gone);
    } else {
      waiting.add(watch); // What it sent ahead hides its end for now.
      if (watch.ends > 0) {
        doubted.add(watch);
      }
    }
  }

  private void execute(Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      // The process's last user is closing; its requests are being aborted.
    }
  }

  private static void wake(Line line) {
    try {
      line.wakeReader();
    } catch (RuntimeException e) {
      LOG.error("internal error of who reads a client's connection", e);
    }
  }

  synchronized void close() {
    closed = true;
    waiting.clear();
    doubted.clear();
    if (selector != null) {
      try {
        selector.close();
      } catch (IOException e) {
        // It was the last use of it.
      }
    }
  }
}
