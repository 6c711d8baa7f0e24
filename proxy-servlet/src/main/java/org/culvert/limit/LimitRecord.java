package org.culvert.limit;

import org.jspecify.annotations.Nullable;

/**
 * What became of one request at its limits: each kind is asked once for a request, however often it
 * is redirected. A facet of the scope; belongs to the thread that handles the request.
 */
public final class LimitRecord {
  private @Nullable LimitStatus requests;
  private @Nullable LimitStatus connections;

  /** {@code $limit_req_status}; null where no zone was asked yet. */
  public @Nullable LimitStatus requests() {
    return requests;
  }

  /** {@code $limit_conn_status}; null where no zone was asked yet. */
  public @Nullable LimitStatus connections() {
    return connections;
  }

  void requests(LimitStatus status) {
    requests = status;
  }

  void connections(LimitStatus status) {
    connections = status;
  }
}
