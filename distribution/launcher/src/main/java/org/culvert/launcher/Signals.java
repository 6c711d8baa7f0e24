package org.culvert.launcher;

import java.util.Locale;
import java.util.function.Consumer;
import sun.misc.Signal;

/**
 * What the process is told. nginx's signals reach the front, which passes them on by signals that a
 * JVM can take and that do no harm to one that is not ready yet; a JVM without a front takes
 * nginx's own, except QUIT, which HotSpot keeps for its thread dump.
 */
enum Signals {
  /** Fast: what is under way is cut. */
  STOP("TERM", "INT"),
  /** Graceful: what is under way may end. ALRM is what the front makes of QUIT. */
  QUIT("ALRM"),
  /** A new configuration. URG is what the front makes of HUP. */
  RELOAD("URG", "HUP"),
  /** The logs anew. */
  REOPEN("USR1");

  private final String[] names;

  Signals(String... names) {
    this.names = names;
  }

  /** The signal by which {@code -s} asks for this; the front and a JVM without one both take it. */
  String signal() {
    return names[0];
  }

  /** The one that {@code -s} names. */
  static Signals named(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  /** Hands every signal from now on to a receiver, on a thread of the JVM's own. */
  static void handle(Consumer<Signals> receiver) {
    for (Signals what : values()) {
      for (String name : what.names) {
        try {
          Signal.handle(new Signal(name), signal -> receiver.accept(what));
        } catch (IllegalArgumentException taken) {
          // Another system's, or -Xrs: the other ways to say it remain.
          ErrorLog.process()
              .write(ErrorLog.Level.INFO, "signal " + name + " is not ours: " + taken);
        }
      }
    }
    String front = System.getProperty("culvert.front");
    if (front != null) {
      // A front that was killed cannot pass on anything any more.
      ProcessHandle.of(Long.parseLong(front))
          .ifPresent(parent -> parent.onExit().thenRun(() -> receiver.accept(STOP)));
    }
  }
}
