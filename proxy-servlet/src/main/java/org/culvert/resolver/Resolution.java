package org.culvert.resolver;

import java.net.InetAddress;
import java.util.List;

/**
 * What came of a lookup.
 *
 * @param addresses those of the name, of IPv4 first; none where it failed
 * @param state 0, or why it failed: an RCODE (RFC 1035, section 4.1.1) or {@link #TIMED_OUT}
 */
public record Resolution(List<InetAddress> addresses, int state) {
  /** The name does not exist, or has no addresses. */
  public static final int NOT_FOUND = 3;

  /** {@code resolver_timeout} has passed: nginx has the system's number for it. */
  public static final int TIMED_OUT = 110;

  private static final int SERVER_FAILURE = 2;

  static Resolution of(List<InetAddress> addresses) {
    return new Resolution(addresses, 0);
  }

  static Resolution failed(int state) {
    return new Resolution(List.of(), state);
  }

  /** A failure of the proxy's own: no socket is to be had. */
  static Resolution failed() {
    return failed(SERVER_FAILURE);
  }

  /** Why it failed, as nginx's log has it: "(3: Host not found)". */
  public String reason() {
    String words =
        switch (state) {
          case 1 -> "Format error";
          case SERVER_FAILURE -> "Server failure";
          case NOT_FOUND -> "Host not found";
          case 4 -> "Unimplemented";
          case 5 -> "Operation refused";
          case TIMED_OUT -> "Operation timed out";
          default -> "Unknown error";
        };
    return "(" + state + ": " + words + ")";
  }
}
