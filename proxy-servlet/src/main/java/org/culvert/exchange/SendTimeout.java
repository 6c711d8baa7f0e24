package org.culvert.exchange;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
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
  private final AtomicBoolean sending = new AtomicBoolean();
  private volatile long since;
  private volatile boolean awaited;
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

  /** A write is about to begin. Who ends it has been told of it since, and so sees this. */
  public void begin() {
    sending.lazySet(true);
  }

  /** It has been begun: unless it is done already, it is waited for. */
  public void await() {
    if (!sending.get() || stopped) {
      return;
    }
    since = System.nanoTime();
    awaited = true;
    watch();
  }

  private void watch() {
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
    if (!sending.get() || stopped) {
      return;
    }
    if (System.nanoTime() - since >= time.toNanos()) {
      passed.run();
    } else {
      watch();
    }
  }

  /**
   * The write is done, or failed.
   *
   * @return whether it was waited for
   */
  public boolean end() {
    sending.lazySet(false);
    if (!awaited) {
      return false;
    }
    awaited = false;
    Timers.Limit running = limit;
    if (running != null) {
      running.pause();
    }
    return true;
  }

  /** Whether a write is under way. */
  public boolean isSending() {
    return sending.get();
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
