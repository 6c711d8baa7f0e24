package org.culvert.http;

import java.util.ArrayList;
import java.util.List;

/** Reads list-valued fields (RFC 9110, section 5.6.1). */
public final class FieldValues {
  private FieldValues() {}

  /** Whether a comma-separated list has the token, in any case and position. */
  public static boolean hasToken(String value, String token) {
    if (value.length() == token.length()) {
      return value.equalsIgnoreCase(token); // The usual list has one member.
    }
    if (value.length() < token.length()) {
      return false;
    }
    for (String member : tokens(value)) {
      if (member.equalsIgnoreCase(token)) {
        return true;
      }
    }
    return false;
  }

  /** The members of a comma-separated list, trimmed, empty members left out. */
  public static List<String> tokens(String value) {
    List<String> tokens = new ArrayList<>(2);
    int start = 0;
    for (int i = 0; i <= value.length(); i++) {
      if (i == value.length() || value.charAt(i) == ',') {
        String token = value.substring(start, i).strip();
        if (!token.isEmpty()) {
          tokens.add(token);
        }
        start = i + 1;
      }
    }
    return tokens;
  }
}
