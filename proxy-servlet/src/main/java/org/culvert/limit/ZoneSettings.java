package org.culvert.limit;

import org.culvert.variable.Template;

/**
 * {@code limit_req_zone} or {@code limit_conn_zone}.
 *
 * @param kind which of them
 * @param name its name, one for both kinds
 * @param key what a request is counted under; one that evaluates to "" is not counted
 * @param size bytes of nginx's shared memory, which say how many states there is room for
 * @param rate requests in a second, in thousandths of a request; 0 for connections
 */
public record ZoneSettings(Kind kind, String name, Template key, long size, long rate) {
  /** What a zone counts. */
  public enum Kind {
    REQUESTS("limit_req"),
    CONNECTIONS("limit_conn");

    private final String directive;

    Kind(String directive) {
      this.directive = directive;
    }

    /** The directive that uses such a zone. */
    public String directive() {
      return directive;
    }
  }
}
