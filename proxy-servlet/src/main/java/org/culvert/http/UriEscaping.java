package org.culvert.http;

import org.jspecify.annotations.Nullable;

/** nginx's {@code ngx_escape_uri}: octet strings in, text that may stand in a URI out. */
public final class UriEscaping {
  private static final String IN_PATH = " \"#%<>?\\^`{|}";
  private static final String IN_ARGUMENTS = IN_PATH + "&+;";
  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  private UriEscaping() {}

  /** Escapes a normalised path ({@code NGX_ESCAPE_URI}). */
  public static String path(String octets) {
    return escaped(octets, IN_PATH);
  }

  /** Escapes what is put into arguments ({@code NGX_ESCAPE_ARGS}). */
  public static String argument(String octets) {
    return escaped(octets, IN_ARGUMENTS);
  }

  /** Escapes those characters, and what is no visible character of ASCII. */
  private static String escaped(String octets, String which) {
    int i = 0;
    while (i < octets.length() && !mustEscape(octets.charAt(i), which)) {
      i++;
    }
    if (i == octets.length()) {
      return octets;
    }
    StringBuilder out = new StringBuilder(octets.length() + 16).append(octets, 0, i);
    for (; i < octets.length(); i++) {
      char c = octets.charAt(i);
      if (mustEscape(c, which)) {
        out.append('%').append(HEX[c >> 4 & 15]).append(HEX[c & 15]);
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
      int value = c == '%' ? decoded(url, i - 1) : -1;
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

  /** Undoes all escapes; null where one is cut or not hexadecimal. */
  static @Nullable String unescaped(String path) {
    if (path.indexOf('%') < 0) {
      return path;
    }
    StringBuilder out = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c == '%') {
        int octet = decoded(path, i);
        if (octet < 0) {
          return null;
        }
        c = (char) octet;
        i += 2;
      }
      out.append(c);
    }
    return out.toString();
  }

  /** The octet that the escape at a "%" stands for, -1 where it is cut or not hexadecimal. */
  static int decoded(String text, int percent) {
    if (percent + 2 >= text.length()) {
      return -1;
    }
    int high = Character.digit(text.charAt(percent + 1), 16);
    int low = Character.digit(text.charAt(percent + 2), 16);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }

  private static boolean mustEscape(char c, String which) {
    return c <= ' ' || c >= 0x7f || which.indexOf(c) >= 0;
  }
}
