package org.culvert.http;

import java.util.List;
import org.jspecify.annotations.Nullable;

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
   * Why the end of an answer's body is ambiguous, in nginx's words: a length twice, a length with a
   * coding, a coding twice; or a length that is no number, which nginx takes for none.
   *
   * @return null where it is not
   */
  public static @Nullable String ambiguity(HeaderFields fields) {
    boolean coded = fields.contains("Transfer-Encoding");
    if (!coded && !fields.contains("Content-Length")) {
      return null;
    }
    List<String> lengths = fields.all("Content-Length");
    List<String> codings = fields.all("Transfer-Encoding");
    if (lengths.size() > 1) {
      return duplicate("Content-Length", lengths);
    }
    if (codings.size() > 1) {
      return duplicate("Transfer-Encoding", codings);
    }
    if (coded && !lengths.isEmpty()) {
      return "\"Content-Length\" and \"Transfer-Encoding\" headers at the same time";
    }
    return lengths.isEmpty() || isNumber(lengths.get(0))
        ? null
        : "invalid \"Content-Length\" header: \"" + lengths.get(0) + '"';
  }

  private static String duplicate(String name, List<String> values) {
    return "duplicate header line: \"%1$s: %2$s\", previous value: \"%1$s: %3$s\""
        .formatted(name, values.get(1), values.get(0));
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
