package org.culvert.http;

import java.util.Locale;

/**
 * The host of a Host field or of an absolute-form target (nginx, {@code ngx_http_validate_host}).
 */
public final class HostName {
  private HostName() {}

  /**
   * The host in lower case, without port and without a trailing dot: what {@code $host} is and what
   * {@code server_name} is matched with.
   *
   * @param authority {@code host[:port]}, an IPv6 address in brackets
   * @throws GatewayFailure BAD_REQUEST where nginx answers 400
   */
  public static String of(String authority) throws GatewayFailure {
    int end = hostEnd(authority);
    for (int i = 0; i < authority.length(); i++) {
      char c = authority.charAt(i);
      boolean second = c == '.' && i > 0 && authority.charAt(i - 1) == '.';
      boolean badPort = i > end && (c < '0' || c > '9');
      if (c <= ' ' || c == 0x7f || c == '/' || second || badPort) {
        throw bad(authority);
      }
    }
    if (end > 0 && authority.charAt(end - 1) == '.') {
      end--;
    }
    if (end == 0) {
      throw bad(authority);
    }
    return authority.substring(0, end).toLowerCase(Locale.ROOT);
  }

  /** Where the host ends and the port, with its colon, begins. */
  private static int hostEnd(String authority) throws GatewayFailure {
    if (!authority.startsWith("[")) {
      int colon = authority.indexOf(':');
      return colon < 0 ? authority.length() : colon;
    }
    int end = authority.indexOf(']') + 1;
    if (end == 0 || (end < authority.length() && authority.charAt(end) != ':')) {
      throw bad(authority);
    }
    return end;
  }

  private static GatewayFailure bad(String authority) {
    return new GatewayFailure(
        GatewayFailure.Kind.BAD_REQUEST, "invalid host: \"" + authority + "\"");
  }
}
