package org.culvert.exchange;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long a peer may say nothing ({@code proxy_read_timeout}): one timer for all exchanges of a
 * connection, which waits on between them. Guarded by its connection's lock, but for what the timer
 * runs.
 */
final class ReadLimit {
  private final Timers timers;
  private final Runnable passed;
  private @Nullable SendTimeout timer;
  private Duration time = Duration.ZERO;
  private long since;
  private boolean waiting;

  /**
   * A limit that has not been set.
   *
   * @param passed run on the timer thread; is to ask {@link #hasPassed} under the lock, for another
   *     exchange may have begun meanwhile
   */
  ReadLimit(Timers timers, Runnable passed) {
    this.timers = timers;
    this.passed = passed;
  }

  /** Sets the time for an exchange. */
  void set(Duration newTime) {
    if (timer == null || !time.equals(newTime)) {
      stop();
      time = newTime;
      timer = new SendTimeout(timers, newTime, passed);
    }
  }

  /** The peer is waited for from now on. */
  void begin() {
    SendTimeout running = timer;
    if (running != null) {
      waiting = true;
      since = System.nanoTime();
      running.begin();
      running.await();
    }
  }

  /** Something came. */
  void end() {
    waiting = false;
    SendTimeout running = timer;
    if (running != null) {
      running.end();
    }
  }

  /** Whether the peer has been waited for so long. */
  boolean hasPassed() {
    return waiting && System.nanoTime() - since >= time.toNanos();
  }

  /** Ends it. Idempotent. */
  void stop() {
    waiting = false;
    SendTimeout running = timer;
    if (running != null) {
      running.stop();
    }
  }
}
