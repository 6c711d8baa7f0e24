package org.culvert.samples;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;

/**
 * Counts aloud at a chosen rate, until paused. A client that reads slowly is counted for slowly: a
 * number is taken only when the outbox has room for it, so none is ever left out. Any thread.
 */
final class NumberStream {
  private static final Duration TICK = Duration.ofMillis(10);
  private static final Duration BEAT = Duration.ofSeconds(15);

  /** Numbers per second. */
  static final int SLOWEST = 1;

  /** Numbers per second. */
  static final int FASTEST = 1000;

  private final Outbox outbox;
  private final Pace pace; // guarded by this, as what follows
  private long next;
  private int rate;
  private boolean paused;
  private List<Future<?>> running = List.of();

  NumberStream(Outbox outbox, long first, int rate) {
    this.outbox = outbox;
    this.next = first;
    this.rate = bounded(rate);
    this.pace = new Pace(this.rate, System.nanoTime());
  }

  /** Starts to count, until {@link #stop}. */
  synchronized void start() {
    running = List.of(Threads.every(TICK, this::tick), Threads.every(BEAT, this::beat));
  }

  /** Stops for good. */
  synchronized void stop() {
    running.forEach(each -> each.cancel(false));
    outbox.end();
  }

  /**
   * Does what the client says: {@code pause}, {@code resume}, or {@code rate 50}. Returns whether
   * that was understood.
   */
  boolean obey(String command) {
    synchronized (this) {
      if (command.equals("pause")) {
        paused = true;
      } else if (command.equals("resume")) {
        paused = false;
        pace.change(rate, System.nanoTime());
      } else if (command.matches("rate [0-9]{1,6}")) {
        rate = bounded(Integer.parseInt(command.substring("rate ".length())));
        pace.change(rate, System.nanoTime());
      } else {
        return false;
      }
      outbox.add(state());
    }
    outbox.flush();
    return true;
  }

  /** Says how it stands, also to show a quiet client that the stream is alive. */
  void beat() {
    synchronized (this) {
      if (outbox.isEmpty()) {
        outbox.add(state());
      }
    }
    outbox.flush();
  }

  /** Says the numbers that are due. */
  void tick() {
    synchronized (this) {
      if (paused) {
        return;
      }
      // One place is kept for the answer to a command.
      int due = pace.take(Math.max(outbox.room() - 1, 0), System.nanoTime());
      for (int i = 0; i < due; i++) {
        outbox.add(Json.text(Json.object("n", next++, "at", System.currentTimeMillis())));
      }
    }
    outbox.flush();
  }

  private String state() {
    return Json.text(Json.object("rate", rate, "paused", paused, "next", next));
  }

  private static int bounded(int rate) {
    return Math.max(SLOWEST, Math.min(rate, FASTEST));
  }
}
