package org.culvert.location;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.culvert.regex.BoundedMatch;
import org.culvert.regex.RegexLimitException;
import org.jspecify.annotations.Nullable;

/**
 * Names with wildcards and regexes, looked up in nginx's order: exact, longest wildcard at the
 * start, longest wildcard at the end, first regex. Used for {@code server_name} and for {@code map
 * … { hostnames; }}. The first value given for a name stays. Filled on one thread, then read by
 * any.
 */
public final class HostNames<T> {
  private record Expression<T>(Pattern pattern, T value) {}

  private final Map<String, T> exact = new HashMap<>();

  /** ".a.b" for "*.a.b". */
  private final Map<String, T> heads = new HashMap<>();

  /** "a.b." for "a.b.*". */
  private final Map<String, T> tails = new HashMap<>();

  private final List<Expression<T>> expressions = new ArrayList<>();

  /** Adds a literal name, {@code *.a.b}, {@code .a.b} (which is also "a.b") or {@code a.b.*}. */
  public void add(String name, T value) {
    String key = name.toLowerCase(Locale.ROOT);
    if (key.startsWith("*.")) {
      heads.putIfAbsent(key.substring(1), value);
    } else if (key.startsWith(".")) {
      exact.putIfAbsent(key.substring(1), value);
      heads.putIfAbsent(key, value);
    } else if (key.endsWith(".*")) {
      tails.putIfAbsent(key.substring(0, key.length() - 1), value);
    } else {
      exact.putIfAbsent(key, value);
    }
  }

  /** Adds a regex. */
  public void add(Pattern pattern, T value) {
    expressions.add(new Expression<>(pattern, value));
  }

  /** Looks up a name in lower case; null where nothing matches. */
  public @Nullable LocationMatch<T> find(String name) {
    T value = literal(name);
    if (value != null) {
      return new LocationMatch<>(value, null);
    }
    for (Expression<T> expression : expressions) {
      MatchResult captures = match(expression.pattern, name);
      if (captures != null) {
        return new LocationMatch<>(expression.value, captures);
      }
    }
    return null;
  }

  /** A name of which a pattern cannot say whether it matches is none of that pattern's. */
  private static @Nullable MatchResult match(Pattern pattern, String name) {
    try {
      return BoundedMatch.find(pattern, name);
    } catch (RegexLimitException undecided) {
      return null;
    }
  }

  private @Nullable T literal(String name) {
    T value = exact.get(name);
    if (value == null && !heads.isEmpty()) {
      for (int dot = name.indexOf('.'); value == null && dot >= 0; ) {
        // A wildcard stands for at least one character.
        value = dot == 0 ? null : heads.get(name.substring(dot));
        dot = name.indexOf('.', dot + 1);
      }
    }
    if (value == null && !tails.isEmpty()) {
      for (int dot = name.lastIndexOf('.'); value == null && dot > 0; ) {
        value = dot == name.length() - 1 ? null : tails.get(name.substring(0, dot + 1));
        dot = name.lastIndexOf('.', dot - 1);
      }
    }
    return value;
  }
}
