package org.culvert.limit;

/**
 * All limits of a level.
 *
 * @param requests {@code limit_req}
 * @param connections {@code limit_conn}
 * @param rate {@code limit_rate}
 */
public record Limits(RequestLimits requests, ConnectionLimits connections, RateLimits rate) {
  /** Whether none is asked before a request is answered. */
  public boolean admitAll() {
    return requests.limits().isEmpty() && connections.limits().isEmpty();
  }
}
