package org.culvert.samples;

import java.util.concurrent.atomic.LongAdder;

/** Counts of all messages since the application started, for the dashboard. Any thread. */
final class Traffic {
  private static final LongAdder RECEIVED = new LongAdder();
  private static final LongAdder SENT = new LongAdder();
  private static final LongAdder OPEN = new LongAdder();

  private Traffic() {}

  static void opened() {
    OPEN.increment();
  }

  static void closed() {
    OPEN.decrement();
  }

  static void messageReceived() {
    RECEIVED.increment();
  }

  static void messageSent() {
    SENT.increment();
  }

  static long open() {
    return OPEN.sum();
  }

  static long received() {
    return RECEIVED.sum();
  }

  static long sent() {
    return SENT.sum();
  }
}
