package org.culvert.it;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for something that will become true. */
public final class Await {
  private Await() {}

  /** Whether it became true in time. */
  public static boolean until(Duration time, Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + time.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > end) {
        return false;
      }
      Thread.sleep(10);
    }
    return true;
  }
}
