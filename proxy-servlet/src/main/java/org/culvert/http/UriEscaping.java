package org.culvert.http;

/** nginx's {@code ngx_escape_uri}: octet strings in, text that may stand in a URI out. */
public final class UriEscaping {
  private static final String IN_PATH = " \"#%<>?\\^`{|}";
  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  private UriEscaping() {}

  /** Escapes a normalised path ({@code NGX_ESCAPE_URI}). */
  public static String path(String octets) {
    int i = 0;
    while (i < octets.length() && !mustEscape(octets.charAt(i))) {
      i++;
    }
    if (i == octets.length()) {
      return octets;
    }
    StringBuilder out = new StringBuilder(octets.length() + 16).append(octets, 0, i);
    for (; i < octets.length(); i++) {
      char c = octets.charAt(i);
      if (mustEscape(c)) {
        escape(c, out);
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  /** Escapes what is put into arguments ({@code NGX_ESCAPE_ARGS}). */
  public static String argument(String octets) {
    StringBuilder out = new StringBuilder(octets.length() + 16);
    for (int i = 0; i < octets.length(); i++) {
      char c = octets.charAt(i);
      if (mustEscape(c) || c == '&' || c == '+' || c == ';') {
        escape(c, out);
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  /**
   * Undoes the escapes of a redirect's path that nothing needs ({@code NGX_UNESCAPE_REDIRECT}): of
   * printable characters above "%". What follows a "?" stays as it is.
   */
  public static String unescapedRedirect(String url) {
    StringBuilder out = new StringBuilder(url.length());
    int i = 0;
    while (i < url.length() && url.charAt(i) != '?') {
      char c = url.charAt(i++);
      int value = c == '%' && i + 1 < url.length() ? hex(url, i) : -1;
      if (value > '%' && value < 0x7f) {
        c = (char) value;
        i += 2;
      }
      out.append(c);
      if (c == '?') {
        break;
      }
    }
    return out.append(url, i, url.length()).toString();
  }

  private static int hex(String text, int at) {
    int high = Character.digit(text.charAt(at), 16);
    int low = Character.digit(text.charAt(at + 1), 16);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }

  private static void escape(char c, StringBuilder out) {
    out.append('%').append(HEX[c >> 4 & 15]).append(HEX[c & 15]);
  }

  private static boolean mustEscape(char c) {
    return c <= ' ' || c >= 0x7f || IN_PATH.indexOf(c) >= 0;
  }
}
