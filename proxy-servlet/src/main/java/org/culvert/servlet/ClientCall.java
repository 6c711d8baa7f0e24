package org.culvert.servlet;

import java.time.Duration;
import org.culvert.directive.ClientSettings;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.Timers;
import org.culvert.observe.ResponseRecord;
import org.jspecify.annotations.Nullable;

/**
 * A front's call for one request: the servlet container's, or in the launcher Jetty's core. What
 * the request is was read before ({@link ReceivedRequest}); this is where its answer goes.
 */
public interface ClientCall {
  /**
   * The client's leg. Called once, before anything else.
   *
   * @param record takes what is sent and read
   * @param timers the process's
   */
  Downstream downstream(ResponseRecord record, Timers timers);

  /** {@code send_timeout}: how long one write to the client may take. */
  void sendTimeout(Duration limit);

  /**
   * How the connection is treated from now on, a location's word; without effect in a container.
   */
  default void follow(ClientSettings settings) {}

  /** The connection ends with this answer; without effect in a container, which decides itself. */
  default void endConnection() {}

  /**
   * Runs a step that may wait for a disk, and whatever of the answer follows from it: at once, or
   * where the calling thread must not wait on another. The step throws nothing.
   */
  void mayWait(Runnable step);

  /**
   * How its connection can be switched to another protocol; null where that is not for this front.
   */
  default @Nullable ClientSwitch connection() {
    return null;
  }
}
