package org.culvert.variable;

import java.util.Map;
import java.util.regex.Pattern;

/**
 * A compiled regular expression and its named groups, as {@code directive} translated it from PCRE.
 *
 * @param pattern the expression for {@link java.util.regex.Matcher#find()}
 * @param names the group numbers by PCRE name (which may have underscores)
 */
public record Regex(Pattern pattern, Map<String, Integer> names) {
  /** Whether it matches somewhere in a text. */
  public boolean find(String text) {
    return pattern.matcher(text).find();
  }
}
