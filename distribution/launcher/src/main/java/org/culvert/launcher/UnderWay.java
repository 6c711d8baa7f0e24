package org.culvert.launcher;

import org.culvert.directive.ClientSettings;
import org.eclipse.jetty.io.EndPoint;

/**
 * Which request is under way on an HTTP/1 connection, and how long the connection may be silent:
 * {@code keepalive_timeout} is the time between two requests, not that of a request which waits for
 * its client. Thread-safe.
 */
final class UnderWay {
  private final EndPoint endPoint;
  private long begun;
  private long present;

  private boolean left;
  private long endedNanos;
  private long minimumNanos;
  private final long keepaliveMillis;

  /**
   * A connection.
   *
   * @param keepaliveMillis how long it waits for a request where no location says so
   */
  UnderWay(EndPoint endPoint, long keepaliveMillis) {
    this.endPoint = endPoint;
    this.keepaliveMillis = keepaliveMillis;
  }

  /** A request is under way. */
  synchronized void begin() {
    present = ++begun;
  }

  /** Its number, from 1, by which the calls below are known to be of it; 0 between two. */
  synchronized long number() {
    return present;
  }

  /** A request waits for its client, to read from it or to write to it. */
  synchronized void waits(long request, long idleMillis) {
    if (request == present) {
      idleTimeout(idleMillis);
    }
  }

  /** A request is over. */
  synchronized void end(long request) {
    end(request, keepaliveMillis);
  }

  /** A request is over, whose location had its word on the wait for the next. */
  synchronized void end(long request, ClientSettings rules) {
    minimumNanos = rules.keepaliveMinimum().toNanos();
    endedNanos = minimumNanos == 0 ? 0 : System.nanoTime();
    end(request, rules.keepalive().toMillis());
  }

  private void end(long request, long nextMillis) {
    if (request == present) {
      present = 0;
      if (!left && nextMillis > 0) {
        idleTimeout(nextMillis);
      }
    }
  }

  private void idleTimeout(long millis) {
    if (endPoint.getIdleTimeout() != millis) {
      endPoint.setIdleTimeout(millis);
    }
  }

  /**
   * Whether no request is under way, nor to be waited for any more ({@code keepalive_min_timeout}).
   */
  synchronized boolean isIdle() {
    return present == 0 && (minimumNanos == 0 || System.nanoTime() - endedNanos >= minimumNanos);
  }

  /** The connection is another protocol's from now on, with its own times. */
  synchronized void leave() {
    left = true;
  }
}
