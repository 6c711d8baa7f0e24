package org.culvert.upstream;

import java.time.Duration;

/**
 * What a peer's latest attempts say about it: nginx's passive check ({@code max_fails}, {@code
 * fail_timeout}). After {@code max_fails} failures the peer rests for {@code fail_timeout}, then
 * one request tries it again. Times are {@link System#nanoTime}. Thread-safe.
 */
public final class PeerHealth {
  private final int maxFails;
  private final long failNanos;
  private int fails;
  private long accessed;
  private long checked;

  /** A healthy peer. */
  public PeerHealth(int maxFails, Duration failTimeout) {
    this.maxFails = maxFails;
    this.failNanos = failTimeout.toNanos();
  }

  /** Whether the peer may be tried now. */
  public synchronized boolean usable(long now) {
    return maxFails == 0 || fails < maxFails || now - checked > failNanos;
  }

  /** The peer was chosen. */
  public synchronized void chosen(long now) {
    if (now - checked > failNanos) {
      checked = now;
    }
  }

  /**
   * An attempt failed.
   *
   * @return whether the peer rests from now on
   */
  public synchronized boolean failed(long now) {
    fails++;
    accessed = now;
    checked = now;
    return maxFails > 0 && fails >= maxFails;
  }

  /** An attempt did not fail: if it was made after the last failure's time, all is forgotten. */
  public synchronized void succeeded() {
    if (accessed - checked < 0) {
      fails = 0;
    }
  }

  /** Failures that count now. */
  public synchronized int fails() {
    return fails;
  }

  @Override
  public synchronized String toString() {
    return maxFails > 0 && fails >= maxFails
        ? "resting after " + fails + " failures"
        : fails + " of " + maxFails + " failures";
  }
}
