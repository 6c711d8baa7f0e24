package org.culvert.rewrite;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.culvert.location.HostNames;
import org.culvert.location.LocationMatch;
import org.culvert.regex.BoundedMatch;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.culvert.variable.VariableTable;
import org.jspecify.annotations.Nullable;

/**
 * {@code valid_referers} of a location (ngx_http_referer_module), and {@code $invalid_referer}: "1"
 * where the request's Referer is none of them.
 *
 * @param none whether a request without the field is valid
 * @param blocked whether one is that has no scheme, as a firewall leaves it
 * @param names hosts, with what the path has to begin with, or ""
 * @param expressions matched against what follows the scheme
 */
public record Referers(
    boolean none, boolean blocked, HostNames<String> names, List<Pattern> expressions) {
  private static final int LONGEST_HOST = 256;

  /** Defines {@code $invalid_referer}. */
  public static void define(VariableTable table) {
    table.define("invalid_referer", Referers::invalid);
  }

  private static String invalid(Scope scope) {
    Referers referers = scope.find(Referers.class);
    return referers == null
            || referers.isValid(scope.get(RequestFacts.class).head().fields().first("Referer"))
        ? ""
        : "1";
  }

  private boolean isValid(@Nullable String referer) {
    if (referer == null) {
      return none;
    }
    String lower = referer.toLowerCase(Locale.ROOT);
    int scheme = lower.startsWith("http://") ? 7 : lower.startsWith("https://") ? 8 : 0;
    if (scheme == 0 || referer.length() < "http://i".length()) {
      return blocked;
    }
    int end = scheme;
    while (end < referer.length() && "/:".indexOf(referer.charAt(end)) < 0) {
      end++;
    }
    if (end - scheme > LONGEST_HOST) {
      return false;
    }
    LocationMatch<String> match = names.find(lower.substring(scheme, end));
    if (match != null) {
      int path = referer.indexOf('/', end);
      return match.found().isEmpty() || (path >= 0 && referer.startsWith(match.found(), path));
    }
    String rest = referer.substring(scheme);
    return expressions.stream().anyMatch(expression -> BoundedMatch.isIn(expression, rest, false));
  }
}
