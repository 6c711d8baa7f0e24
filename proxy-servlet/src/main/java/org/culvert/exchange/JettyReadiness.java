package org.culvert.exchange;

import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
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

  /** Whose socket it is. */
  public interface Owner {
    /**
     * There is something to read, or the end of it. On the selector's thread, which may not wait.
     */
    void ready();

    /** Nothing is told any more, for the selector stops: the socket is to be ended. */
    void stopped();
  }

  private final JettyClient client;
  private final ManagedSelector selector;
  private final SocketChannel socket;
  private final Owner owner;

  private volatile boolean over;

  // The selector's thread alone.
  private @Nullable SelectionKey key;
  private boolean ended;

  /**
   * Nothing is told yet.
   *
   * @param socket in non-blocking mode
   */
  JettyReadiness(JettyClient client, ManagedSelector selector, SocketChannel socket, Owner owner) {
    this.client = client;
    this.selector = selector;
    this.socket = socket;
    this.owner = owner;
  }

  /** Runs what is run for bytes, and tells of them from now on, unless it has ended. Once. */
  public void start() {
    if (!client.watch(this)) {
      owner.stopped();
    } else if (over) {
      client.unwatch(this);
    } else {
      turn();
    }
  }

  /** The selector is about to stop. */
  void stop() {
    owner.stopped();
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
      client.unwatch(this);
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
            owner.ready();
          }
        });
  }

  /** As {@link #turn}, but a millisecond later, and tells of no bytes until then. */
  public void turnLater() {
    disarm();
    client.timers().start(LATER, this::turn);
  }

  /**
   * Tells of no bytes any more, and then has another thread end the socket.
   *
   * @param end may wait briefly; run on the calling thread where there is no other any more
   */
  public void disown(Runnable end) {
    end();
    try {
      client.threads().execute(end);
    } catch (RejectedExecutionException stopping) {
      end.run();
    }
  }

  /** Lets go of the socket, whose descriptor is not free before. Idempotent. */
  public void end() {
    over = true;
    client.unwatch(this);
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
    owner.ready();
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
