package org.culvert.limit;

/**
 * What became of a request at its limits, as {@code $limit_req_status} and {@code
 * $limit_conn_status} have it.
 */
public enum LimitStatus {
  PASSED,
  DELAYED,
  REJECTED,
  DELAYED_DRY_RUN,
  REJECTED_DRY_RUN
}
