package org.culvert.variable;

import java.util.Map;
import java.util.regex.Pattern;
import org.culvert.regex.BoundedMatch;

/**
 * A compiled regular expression and its named groups, as {@code directive} translated it from PCRE.
 *
 * @param pattern the expression for {@link java.util.regex.Matcher#find()}
 * @param names the group numbers by PCRE name (which may have underscores)
 */
public record Regex(Pattern pattern, Map<String, Integer> names) {
  /** Whether it matches somewhere in a text; where that cannot be said, what is given for that. */
  public boolean isIn(String text, boolean otherwise) {
    return BoundedMatch.isIn(pattern, text, otherwise);
  }
}
