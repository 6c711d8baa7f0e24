package org.culvert.regex;

import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A match that ends. A backtracking engine may need time that grows exponentially with the text
 * ({@code ^(a+)+$}), and stack that grows with it ({@code ^(a|b)*$}); PCRE, which nginx uses, stops
 * at ten million steps ({@code match_limit}). So does this, a step being a look at a character,
 * some tens of milliseconds in all.
 */
public final class BoundedMatch {
  private static final int MOST_STEPS = 10_000_000;

  private BoundedMatch() {}

  /**
   * Looks for a pattern anywhere in a text.
   *
   * @return null where it does not match
   * @throws RegexLimitException where that cannot be said within the bound
   */
  public static @Nullable MatchResult find(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(new CountedText(text));
    try {
      return matcher.find() ? matcher.toMatchResult() : null;
    } catch (StackOverflowError deep) {
      throw new RegexLimitException(pattern, text);
    } catch (StepsSpent spent) {
      throw new RegexLimitException(pattern, text);
    }
  }

  /** Whether a pattern is anywhere in a text; where that cannot be said, what is given for that. */
  public static boolean isIn(Pattern pattern, String text, boolean otherwise) {
    try {
      return find(pattern, text) != null;
    } catch (RegexLimitException undecided) {
      return otherwise;
    }
  }

  /** Ends the engine's loops. */
  private static final class StepsSpent extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final StepsSpent NOW = new StepsSpent();

    private StepsSpent() {
      super("", null, false, false);
    }
  }

  private static final class CountedText implements CharSequence {
    private final String text;
    private int left = MOST_STEPS;

    CountedText(String text) {
      this.text = text;
    }

    @Override
    public char charAt(int index) {
      if (--left < 0) {
        throw StepsSpent.NOW;
      }
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.substring(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
