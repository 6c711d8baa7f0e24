package org.culvert.exchange;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long one write may take ({@code send_timeout}, {@code proxy_send_timeout}), with one timer
 * for all the writes of a direction, and none as long as they are done at once. Writes come one
 * after the other, from any thread.
 */
public final class SendTimeout {
  private final Timers timers;
  private final Duration time;
  private final Runnable passed;
  private volatile long since;
  private volatile boolean sending;
  private volatile boolean stopped;
  private volatile Timers.@Nullable Limit limit;

  /**
   * Nothing is being written.
   *
   * @param passed run on the timer thread when a write has taken so long; must not block
   */
  public SendTimeout(Timers timers, Duration time, Runnable passed) {
    this.timers = timers;
    this.time = time;
    this.passed = passed;
  }

  /** A write is about to begin. */
  public void begin() {
    since = System.nanoTime();
    sending = true;
  }

  /** It has been begun: unless it is done already, it is waited for. */
  public void await() {
    if (!sending || stopped) {
      return;
    }
    Timers.Limit running = limit;
    if (running == null) {
      limit = timers.start(time, this::fire);
    } else {
      running.touch();
    }
  }

  /** A limit may fire for a write that is done meanwhile; then the present one is looked at. */
  private void fire() {
    limit = null;
    if (!sending || stopped) {
      return;
    }
    if (System.nanoTime() - since >= time.toNanos()) {
      passed.run();
    } else {
      await();
    }
  }

  /** The write is done, or failed. */
  public void end() {
    sending = false;
    Timers.Limit running = limit;
    if (running != null) {
      running.pause();
    }
  }

  /** Whether a write is under way. */
  public boolean isSending() {
    return sending;
  }

  /** No write from now on. Idempotent. */
  public void stop() {
    stopped = true;
    Timers.Limit running = limit;
    if (running != null) {
      running.stop();
    }
  }
}
