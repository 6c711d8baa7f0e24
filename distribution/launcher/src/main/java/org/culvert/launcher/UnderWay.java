package org.culvert.launcher;

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

  /** What the endpoint's time was before the client was waited for, or -1. */
  private long keepaliveMillis = -1;

  UnderWay(EndPoint endPoint) {
    this.endPoint = endPoint;
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
    if (request == present && keepaliveMillis < 0) {
      keepaliveMillis = endPoint.getIdleTimeout();
      endPoint.setIdleTimeout(idleMillis);
    }
  }

  /** A request is over. */
  synchronized void end(long request) {
    if (request == present) {
      present = 0;
      if (keepaliveMillis >= 0) {
        endPoint.setIdleTimeout(keepaliveMillis);
        keepaliveMillis = -1;
      }
    }
  }

  /** The connection is another protocol's from now on, with its own times. */
  synchronized void leave() {
    keepaliveMillis = -1;
  }
}
