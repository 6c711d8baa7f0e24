package org.culvert.exchange;

import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.eclipse.jetty.io.ManagedSelector;
import org.jspecify.annotations.Nullable;

/**
 * A socket that somebody else has opened and reads, of whose bytes the selector of a client's
 * connections tells: so one thread serves both. It is told of until it is {@linkplain #disarm
 * disarmed}. Thread-safe, but for what says otherwise.
 */
public final class JettyReadiness implements ManagedSelector.Selectable {
  private static final Duration LATER = Duration.ofMillis(1);

  private final ManagedSelector selector;
  private final Executor threads;
  private final Timers timers;
  private final SocketChannel socket;
  private final Runnable ready;

  // The selector's thread alone.
  private @Nullable SelectionKey key;
  private boolean ended;

  /**
   * Nothing is told yet.
   *
   * @param socket in non-blocking mode
   * @param ready run on the selector's thread when there is something to read or the end of it; may
   *     not wait
   */
  JettyReadiness(
      ManagedSelector selector,
      Executor threads,
      Timers timers,
      SocketChannel socket,
      Runnable ready) {
    this.selector = selector;
    this.threads = threads;
    this.timers = timers;
    this.socket = socket;
    this.ready = ready;
  }

  /** Tells of bytes from now on. */
  public void arm() {
    selector.submit(this::arm);
  }

  private void arm(Selector on) {
    if (ended) {
      return;
    }
    try {
      if (key == null) {
        key = socket.register(on, SelectionKey.OP_READ, this);
      } else {
        key.interestOps(SelectionKey.OP_READ);
      }
    } catch (ClosedChannelException | CancelledKeyException closed) {
      ended = true;
    }
  }

  /** Tells of no bytes. On the selector's thread. */
  public void disarm() {
    if (key != null && key.isValid()) {
      key.interestOps(0);
    }
  }

  /** Runs what is run for bytes without waiting for any, and tells of them from then on. */
  public void turn() {
    selector.submit(
        on -> {
          arm(on);
          if (!ended) {
            ready.run();
          }
        });
  }

  /** As {@link #turn}, but a millisecond later, and tells of no bytes until then. */
  public void turnLater() {
    disarm();
    timers.start(LATER, this::turn);
  }

  /**
   * Tells of no bytes any more, and then has another thread end the socket.
   *
   * @param end may wait briefly; run on the calling thread where there is no other any more
   */
  public void disown(Runnable end) {
    end();
    try {
      threads.execute(end);
    } catch (RejectedExecutionException stopping) {
      end.run();
    }
  }

  /** Lets go of the socket, whose descriptor is not free before. Idempotent. */
  public void end() {
    selector.submit(
        on -> {
          ended = true;
          if (key != null) {
            key.cancel();
          }
        });
  }

  // What Jetty calls.

  @Override
  public @Nullable Runnable onSelected() {
    ready.run();
    return null;
  }

  @Override
  public void updateKey() {
    // The interest is changed where that is decided.
  }

  @Override
  public void replaceKey(SelectionKey newKey) {
    key = newKey;
  }
}
