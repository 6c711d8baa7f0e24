package org.culvert.location;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.culvert.regex.BoundedMatch;
import org.jspecify.annotations.Nullable;

/**
 * The locations of one server, searched in nginx's order: an exact one ends the search; else the
 * longest prefix is remembered; with {@code ^~} it ends the search; else the first regex that
 * matches wins, nested ones of the remembered prefix before the outer ones; else the prefix (nginx,
 * "location"; {@code ngx_http_core_find_location}). Immutable, thread-safe.
 */
public final class LocationTree<T> {
  /** Collects locations in the order of the file. */
  public static final class Builder<T> {
    private final Map<String, T> exact = new HashMap<>();
    private final TreeMap<String, Prefix<T>> prefixes = new TreeMap<>();
    private final List<Expression<T>> expressions = new ArrayList<>();
    private final Map<String, T> named = new HashMap<>();
    private final Set<String> slashRedirects = new HashSet<>();

    private Builder() {}

    /** {@code location = path}. */
    public Builder<T> exact(String path, T found) {
      exact.putIfAbsent(path, found);
      return this;
    }

    /**
     * {@code location path} and {@code location ^~ path}.
     *
     * @param nested the locations within, or null
     */
    public Builder<T> prefix(
        String path, boolean noRegex, T found, @Nullable LocationTree<T> nested) {
      prefixes.putIfAbsent(path, new Prefix<>(path, noRegex, found, nested));
      return this;
    }

    /**
     * A request for this exact or prefix location's path without its final "/" is sent to the path
     * with 301; nginx does so for locations with {@code proxy_pass} whose path ends with "/".
     */
    public Builder<T> slashRedirect(String path) {
      slashRedirects.add(path);
      return this;
    }

    /** {@code location ~} and {@code location ~*}; the pattern knows its case. */
    public Builder<T> regex(Pattern pattern, T found, @Nullable LocationTree<T> nested) {
      expressions.add(new Expression<>(pattern, found, nested));
      return this;
    }

    /** {@code location @name}. */
    public Builder<T> named(String name, T found) {
      named.putIfAbsent(name, found);
      return this;
    }

    /** The tree. */
    public LocationTree<T> build() {
      return new LocationTree<>(this);
    }
  }

  private record Prefix<T>(
      String path, boolean noRegex, T found, @Nullable LocationTree<T> nested) {}

  private record Expression<T>(Pattern pattern, T found, @Nullable LocationTree<T> nested) {}

  /**
   * What a level found.
   *
   * @param isFinal whether the search is over, or the outer level's regexes may still win
   */
  private record Step<T>(LocationMatch<T> match, boolean isFinal) {}

  private final Map<String, T> exact;
  private final List<Prefix<T>> prefixes;

  /** The paths of {@link #prefixes}, sorted. */
  private final String[] paths;

  /** For each prefix the index of the longest other one that it begins with, or -1. */
  private final int[] shorter;

  private final List<Expression<T>> expressions;
  private final Map<String, T> named;
  private final Set<String> slashRedirects;

  private LocationTree(Builder<T> builder) {
    exact = Map.copyOf(builder.exact);
    prefixes = List.copyOf(builder.prefixes.values());
    paths = builder.prefixes.keySet().toArray(new String[0]);
    shorter = new int[paths.length];
    for (int i = 0; i < paths.length; i++) {
      int candidate = i - 1;
      while (candidate >= 0 && !paths[i].startsWith(paths[candidate])) {
        candidate = shorter[candidate];
      }
      shorter[i] = candidate;
    }
    expressions = List.copyOf(builder.expressions);
    named = Map.copyOf(builder.named);
    slashRedirects = Set.copyOf(builder.slashRedirects);
  }

  /** Starts a tree. */
  public static <T> Builder<T> builder() {
    return new Builder<>();
  }

  /** The location for a normalised path, or null where none matches. */
  public @Nullable LocationMatch<T> find(String path) {
    Step<T> step = search(path);
    return step == null ? null : step.match;
  }

  /** The location {@code @name}; the name includes "@". Null where there is none. */
  public @Nullable T named(String name) {
    return named.get(name);
  }

  /** All locations, nested and named ones among them, in no order. */
  public List<T> all() {
    List<T> all = new ArrayList<>(exact.values());
    all.addAll(named.values());
    for (Prefix<T> prefix : prefixes) {
      all.add(prefix.found);
      if (prefix.nested != null) {
        all.addAll(prefix.nested.all());
      }
    }
    for (Expression<T> expression : expressions) {
      all.add(expression.found);
      if (expression.nested != null) {
        all.addAll(expression.nested.all());
      }
    }
    return all;
  }

  private @Nullable Step<T> search(String path) {
    T atPath = exact.get(path);
    if (atPath != null) {
      return new Step<>(new LocationMatch<>(atPath, null), true);
    }
    Prefix<T> prefix = longestPrefix(path);
    if (prefix == null || !prefix.path.equals(path)) {
      LocationMatch<T> redirect = withSlash(path);
      if (redirect != null) {
        return new Step<>(redirect, true);
      }
    }
    Step<T> step = null;
    if (prefix != null) {
      step = prefix.nested == null ? null : prefix.nested.search(path);
      if (step != null && step.isFinal) {
        return step;
      }
      if (step == null) {
        step = new Step<>(new LocationMatch<>(prefix.found, null), false);
      }
    }
    Step<T> byRegex = prefix != null && prefix.noRegex ? null : firstRegex(path);
    return byRegex != null ? byRegex : step;
  }

  private @Nullable Prefix<T> longestPrefix(String path) {
    int i = Arrays.binarySearch(paths, path);
    if (i < 0) {
      i = -i - 2;
      while (i >= 0 && !path.startsWith(paths[i])) {
        i = shorter[i];
      }
    }
    return i < 0 ? null : prefixes.get(i);
  }

  private @Nullable LocationMatch<T> withSlash(String path) {
    if (slashRedirects.isEmpty()) {
      return null;
    }
    String slashed = path + "/";
    if (!slashRedirects.contains(slashed)) {
      return null;
    }
    T found = exact.get(slashed);
    if (found == null) {
      int i = Arrays.binarySearch(paths, slashed);
      found = i < 0 ? null : prefixes.get(i).found;
    }
    return found == null ? null : new LocationMatch<>(found, null, slashed);
  }

  private @Nullable Step<T> firstRegex(String path) {
    for (Expression<T> expression : expressions) {
      MatchResult captures = BoundedMatch.find(expression.pattern, path);
      if (captures != null) {
        Step<T> inner = expression.nested == null ? null : expression.nested.search(path);
        if (inner == null) {
          return new Step<>(new LocationMatch<>(expression.found, captures), true);
        }
        LocationMatch<T> match = inner.match;
        return new Step<>(
            match.captures() != null
                ? match
                : new LocationMatch<>(match.found(), captures, match.slashTo()),
            true);
      }
    }
    return null;
  }
}
