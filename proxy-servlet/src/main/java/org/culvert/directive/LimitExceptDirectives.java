package org.culvert.directive;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.directive.LocationDirectives.Path;
import org.jspecify.annotations.Nullable;

/** {@code limit_except}: what holds for all methods but some. */
final class LimitExceptDirectives {
  private static final Setting<Set<String>> METHODS = new Setting<>("limit_except");

  /** Those that nginx knows. */
  private static final Set<String> KNOWN =
      Set.of(
          "GET",
          "HEAD",
          "POST",
          "PUT",
          "DELETE",
          "MKCOL",
          "COPY",
          "MOVE",
          "OPTIONS",
          "PROPFIND",
          "PROPPATCH",
          "LOCK",
          "UNLOCK",
          "PATCH");

  private LimitExceptDirectives() {}

  static void define(DirectiveTable table) {
    table.define("limit_except", LimitExceptDirectives::limit);
  }

  private static void limit(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    level.requireUnset(METHODS, directive);
    Set<String> methods = new HashSet<>();
    for (int i = 1; i <= directive.arity(); i++) {
      String method = directive.arg(i).toUpperCase(Locale.ROOT);
      if (!KNOWN.contains(method)) {
        throw directive.error("invalid method \"" + directive.arg(i) + "\"");
      }
      methods.add(method);
    }
    if (methods.contains("GET")) {
      methods.add("HEAD");
    }
    level.put(METHODS, Set.copyOf(methods));
    reading.block(directive, level.nested(Context.LIMIT_EXCEPT, directive));
  }

  /** What a location says itself; a location within does not inherit it. */
  static LocationSettings.@Nullable Limited limited(Level level, Path path, Reading reading)
      throws ConfigurationException {
    Set<String> methods = level.own(METHODS);
    List<Level> blocks = level.children(Context.LIMIT_EXCEPT);
    return methods == null || blocks.isEmpty()
        ? null
        : new LocationSettings.Limited(
            methods, LocationDirectives.settings(blocks.get(0), path, reading));
  }
}
