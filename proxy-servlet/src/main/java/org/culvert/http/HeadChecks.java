package org.culvert.http;

import java.util.List;

/**
 * What a proxy must not pass on because the two sides could read it differently (RFC 9112, sections
 * 6.1 and 6.3; RFC 9110, section 7.2). Containers refuse most of it before; nothing here relies on
 * that.
 */
public final class HeadChecks {
  private static final String TOKEN_MARKS = "!#$%&'*+.^_`|~-";

  private HeadChecks() {}

  /**
   * The status that nginx refuses a request's head with, or 0 where it is in order: 400 for a
   * method of anything but capitals, "_" and "-" (HTTP/2 could carry a line's end in it), both or
   * repeated Content-Length and Transfer-Encoding, a Content-Length that is no number, a
   * Transfer-Encoding in HTTP/1.0, a missing or repeated Host; 501 for a coding other than chunked;
   * 405 for TRACE and CONNECT.
   */
  public static int refusal(RequestHead head) {
    if (!isMethod(head.method())) {
      return 400;
    }
    if (head.method().equals("TRACE") || head.method().equals("CONNECT")) {
      return 405;
    }
    HeaderFields fields = head.fields();
    List<String> hosts = fields.all("Host");
    if (hosts.size() > 1 || (hosts.isEmpty() && head.protocol().equals("HTTP/1.1"))) {
      return 400;
    }
    List<String> lengths = fields.all("Content-Length");
    List<String> codings = fields.all("Transfer-Encoding");
    if (lengths.size() > 1 || (lengths.size() == 1 && !isNumber(lengths.get(0)))) {
      return 400;
    }
    if (codings.isEmpty()) {
      return 0;
    }
    if (codings.size() > 1 || !lengths.isEmpty() || !head.protocol().equals("HTTP/1.1")) {
      return 400;
    }
    return codings.get(0).equalsIgnoreCase("chunked") ? 0 : 501;
  }

  private static boolean isMethod(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (!(c >= 'A' && c <= 'Z') && c != '_' && c != '-') {
        return false;
      }
    }
    return !value.isEmpty();
  }

  /** Whether it is a token (RFC 9110, section 5.6.2), so that it cannot end its line. */
  public static boolean isToken(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      boolean letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
      if (!letter && !isDigit(c) && TOKEN_MARKS.indexOf(c) < 0) {
        return false;
      }
    }
    return !value.isEmpty();
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /**
   * Refuses an answer whose end is ambiguous.
   *
   * @throws GatewayFailure INVALID_RESPONSE
   */
  public static void check(ResponseHead head) throws GatewayFailure {
    boolean coded = head.fields().contains("Transfer-Encoding");
    if (!coded && !head.fields().contains("Content-Length")) {
      return;
    }
    List<String> lengths = head.fields().all("Content-Length");
    if (lengths.size() > 1
        || (coded && !lengths.isEmpty())
        || (lengths.size() == 1 && !isNumber(lengths.get(0)))) {
      throw new GatewayFailure(
          GatewayFailure.Kind.INVALID_RESPONSE,
          "upstream sent an ambiguous length: Content-Length "
              + lengths
              + (coded ? " with Transfer-Encoding" : ""));
    }
  }

  private static boolean isNumber(String value) {
    if (value.isEmpty() || value.length() > 18) {
      return false;
    }
    for (int i = 0; i < value.length(); i++) {
      if (!isDigit(value.charAt(i))) {
        return false;
      }
    }
    return true;
  }
}
