package org.culvert.regex;

import java.util.regex.Pattern;

/**
 * Thrown where a pattern's match would take too long, or too much stack. Who asks answers 500, as
 * nginx does, or has a word for what is undecided.
 */
public final class RegexLimitException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST = 200;

  RegexLimitException(Pattern pattern, String text) {
    super(
        "pcre2_match() failed: -47 (match limit exceeded) on \""
            + (text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text)
            + "\" using \""
            + pattern
            + "\"",
        null,
        false,
        false);
  }
}
