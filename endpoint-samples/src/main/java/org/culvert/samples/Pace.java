package org.culvert.samples;

/**
 * How many of something are due when so many are wanted each second and somebody asks now and then.
 * Time in which they could not be taken is lost, not made up for: no burst follows a pause. Not
 * safe for use by several threads at once.
 */
final class Pace {
  private static final double LONGEST_DEBT_SECONDS = 0.1;

  private double perSecond;
  private double due;
  private long lastNanos;

  Pace(double perSecond, long nowNanos) {
    this.perSecond = perSecond;
    this.lastNanos = nowNanos;
  }

  /** Another rate from now on. */
  void change(double newPerSecond, long nowNanos) {
    perSecond = newPerSecond;
    due = 0;
    lastNanos = nowNanos;
  }

  /** Takes those that are due, at most {@code room} of them. */
  int take(int room, long nowNanos) {
    double earned = (nowNanos - lastNanos) / 1e9 * perSecond;
    lastNanos = nowNanos;
    due = Math.min(due + earned, 1 + perSecond * LONGEST_DEBT_SECONDS);
    int taken = Math.min((int) due, room);
    due -= taken;
    return taken;
  }
}
