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
        out.append('%').append(HEX[c >> 4 & 15]).append(HEX[c & 15]);
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private static boolean mustEscape(char c) {
    return c <= ' ' || c >= 0x7f || IN_PATH.indexOf(c) >= 0;
  }
}
