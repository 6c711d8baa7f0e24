package org.culvert.upgrade;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.culvert.exchange.Completion;
import org.culvert.exchange.SendTimeout;
import org.culvert.exchange.Timers;

/**
 * Moves the pieces of one direction: a piece is asked for, sent, and only when it is sent the next
 * is asked for. So a direction holds one piece, whatever the sizes and the speeds. Both directions
 * of a relay run this class.
 */
final class Pump implements Completion {
  private final Hop from;
  private final Hop to;
  private final Relay relay;
  private final SendTimeout limit;
  private volatile boolean discarding;

  // Written by whoever has the piece, one at a time.
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong messages = new AtomicLong();

  /**
   * A pump at rest.
   *
   * @param sendLimit how long one piece may take to be sent
   */
  Pump(Hop from, Hop to, Relay relay, Timers timers, Duration sendLimit) {
    this.from = from;
    this.to = to;
    this.relay = relay;
    this.limit =
        new SendTimeout(
            timers,
            sendLimit,
            () -> {
              if (!discarding) {
                relay.stalled(to, sendLimit);
              }
            });
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
    return bytes.get();
  }

  /** Messages that were moved to their end, or to the begin of their last piece. */
  long messages() {
    return messages.get();
  }

  /** Whether a piece is on its way now. */
  boolean isSending() {
    return limit.isSending();
  }

  /** Takes the piece that was asked for. */
  void piece(Piece piece) {
    relay.alive();
    if (discarding) {
      from.demand();
      return;
    }
    bytes.lazySet(bytes.get() + piece.bytes().remaining());
    if (piece.last()) {
      messages.lazySet(messages.get() + 1);
    }
    limit.begin();
    to.send(piece, this);
    limit.await();
  }

  @Override
  public void succeeded() {
    if (limit.end()) {
      relay.alive();
    }
    from.demand();
  }

  @Override
  public void failed(Throwable cause) {
    limit.end();
    relay.broken(to, cause);
    from.demandAfterFailure(); // What comes is discarded.
  }

  /** The relay is over. */
  void stop() {
    discarding = true;
    limit.stop();
  }
}
