package org.culvert.upgrade;

import java.time.Duration;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Timers;
import org.jspecify.annotations.Nullable;

/**
 * Moves the pieces of one direction: a piece is asked for, sent, and only when it is sent the next
 * is asked for. So a direction holds one piece, whatever the sizes and the speeds. Both directions
 * of a relay run this class.
 */
final class Pump implements Completion {
  private final Hop from;
  private final Hop to;
  private final Relay relay;
  private final Timers timers;
  private final Duration sendLimit;
  private volatile boolean discarding;
  private volatile boolean sending;
  private volatile long sendingSince;
  private volatile long bytes;
  private volatile Timers.@Nullable Limit limit;

  /**
   * A pump at rest.
   *
   * @param sendLimit how long one piece may take to be sent
   */
  Pump(Hop from, Hop to, Relay relay, Timers timers, Duration sendLimit) {
    this.from = from;
    this.to = to;
    this.relay = relay;
    this.timers = timers;
    this.sendLimit = sendLimit;
  }

  /** Asks for the first piece. */
  void start() {
    from.demand();
  }

  /** From now on what comes is thrown away: there is nobody to send it to. */
  void discard() {
    discarding = true;
  }

  /** Bytes of payload that were moved. */
  long bytes() {
    return bytes;
  }

  /** Whether a piece is on its way now. */
  boolean isSending() {
    return sending;
  }

  /** Takes the piece that was asked for. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one piece at a time
  void piece(Piece piece) {
    relay.alive();
    if (discarding) {
      from.demand();
      return;
    }
    bytes += piece.bytes().remaining();
    sendingSince = System.nanoTime();
    sending = true;
    to.send(piece, this);
    if (sending) {
      watch();
    }
  }

  private void watch() {
    Timers.Limit running = limit;
    if (running == null) {
      limit = timers.start(sendLimit, this::passed);
    } else {
      running.touch();
    }
  }

  /** A limit may fire for a piece that has gone meanwhile; then the present one is looked at. */
  private void passed() {
    limit = null;
    if (!sending || discarding) {
      return;
    }
    if (System.nanoTime() - sendingSince >= sendLimit.toNanos()) {
      relay.stalled(to, sendLimit);
    } else {
      watch();
    }
  }

  @Override
  public void succeeded() {
    sent();
    relay.alive();
    from.demand();
  }

  @Override
  public void failed(Throwable cause) {
    sent();
    relay.broken(to, cause);
    from.demand(); // Gives the piece back; what comes is discarded.
  }

  private void sent() {
    sending = false;
    Timers.Limit running = limit;
    if (running != null) {
      running.pause();
    }
  }

  /** The relay is over. */
  void stop() {
    discarding = true;
    Timers.Limit running = limit;
    if (running != null) {
      running.stop();
    }
  }
}
