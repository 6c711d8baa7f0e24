package org.culvert.limit;

/**
 * All limits of a level.
 *
 * @param requests {@code limit_req}
 * @param connections {@code limit_conn}
 */
public record Limits(RequestLimits requests, ConnectionLimits connections) {
  /** Whether none is asked before a request is answered. */
  public boolean admitAll() {
    return requests.limits().isEmpty() && connections.limits().isEmpty();
  }
}
