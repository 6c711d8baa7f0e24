package org.culvert.http;

import java.nio.charset.StandardCharsets;

/**
 * Octet strings: text of the protocol and of the configuration with one char (0 to 255) for each
 * byte, whatever its encoding. nginx works on bytes; so does everything here that is matched,
 * substituted or sent: {@code $uri}, field values, templates, regular expressions. Containers and
 * Jetty read and write fields in ISO 8859-1, which is the same thing. Unicode text becomes an octet
 * string where it comes in (a servlet path, a user's name, configuration given as a String), and is
 * made of one where it goes out (a file's name, a message of the log).
 */
public final class Octets {
  private Octets() {}

  /** The UTF-8 bytes of Unicode text, as an octet string. */
  public static String of(String text) {
    return isAscii(text)
        ? text
        : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  /** The Unicode text whose UTF-8 bytes these are; malformed bytes become U+FFFD. */
  public static String text(String octets) {
    return isAscii(octets)
        ? octets
        : new String(octets.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  /** The bytes themselves. */
  public static byte[] bytes(String octets) {
    return octets.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static boolean isAscii(String s) {
    for (int i = 0; i < s.length(); i++) {
      if (s.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }
}
