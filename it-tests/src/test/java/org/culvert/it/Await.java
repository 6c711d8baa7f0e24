package org.culvert.it;

import java.io.IOException;
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

  /** What a test does and checks. */
  public interface Check {
    void run() throws Exception;
  }

  /**
   * Has something done again, three times at most, until it is done within its time. On a busy
   * machine any one may be late; a proxy that waits makes all of them late.
   */
  public static void atLeastOnce(Check check) throws Exception {
    for (int i = 0; i < 2; i++) {
      try {
        check.run();
        return;
      } catch (IOException | AssertionError late) {
        // once more
      }
    }
    check.run();
  }
}
