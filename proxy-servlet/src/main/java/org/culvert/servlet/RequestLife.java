package org.culvert.servlet;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.culvert.http.GatewayFailure;
import org.jspecify.annotations.Nullable;

/**
 * How a request may be ended from outside: what runs for it is aborted by any thread, also where it
 * begins only then, and its end is one.
 */
final class RequestLife {
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile @Nullable Consumer<GatewayFailure> abort;
  private volatile @Nullable GatewayFailure cutOff;

  /** What is to be aborted, whose beginner looks for {@link #abortIfCutOff} when it has begun. */
  void runs(Consumer<GatewayFailure> running) {
    abort = running;
  }

  /** It is to go no further. */
  void cutOff(GatewayFailure why) {
    cutOff = why;
  }

  /** Why it is to go no further, or null. */
  @Nullable GatewayFailure cutOff() {
    return cutOff;
  }

  /** Aborts what runs if it is to go no further. */
  void abortIfCutOff() {
    GatewayFailure why = cutOff;
    Consumer<GatewayFailure> running = abort;
    if (why != null && running != null) {
      running.accept(why);
    }
  }

  /** Whether this is the end; false where it has ended before. */
  boolean end() {
    return ended.compareAndSet(false, true);
  }
}
