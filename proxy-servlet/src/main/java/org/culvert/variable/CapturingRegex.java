package org.culvert.variable;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.culvert.regex.BoundedMatch;

/**
 * A regular expression whose groups become a request's captures when it matches.
 *
 * @param slots group numbers to the slots of their names
 */
public record CapturingRegex(Pattern pattern, Map<Integer, Integer> slots) {
  /** Maps that nobody changes any more. */
  public CapturingRegex {
    slots = Map.copyOf(slots);
  }

  /** One whose named groups are variables of a table. */
  public static CapturingRegex of(Regex regex, VariableTable table) {
    Map<Integer, Integer> slots = new HashMap<>();
    regex.names().forEach((name, group) -> slots.put(group, table.slot(name)));
    return new CapturingRegex(regex.pattern(), slots);
  }

  /**
   * Whether it matches somewhere in a text; then its groups are the scope's captures.
   *
   * @throws org.culvert.regex.RegexLimitException where that cannot be said within a bound
   */
  public boolean find(String text, Scope scope) {
    MatchResult captures = BoundedMatch.find(pattern, text);
    if (captures == null) {
      return false;
    }
    scope.captured(captures, slots);
    return true;
  }

  /**
   * The same, but where it does not match there are no captures any more: {@code if}, {@code
   * rewrite}.
   */
  public boolean findOrForget(String text, Scope scope) {
    boolean found = find(text, scope);
    if (!found) {
      scope.forgetCaptures();
    }
    return found;
  }
}
