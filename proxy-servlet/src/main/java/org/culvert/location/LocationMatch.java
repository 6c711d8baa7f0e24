package org.culvert.location;

import java.util.regex.MatchResult;
import org.jspecify.annotations.Nullable;

/**
 * What was found for a path.
 *
 * @param found the value registered for the location
 * @param captures the groups of the regex that chose it, or null
 * @param slashTo where only the final "/" of a proxying location is missing: that location's path,
 *     to which the client is sent with 301; else null
 */
public record LocationMatch<T>(T found, @Nullable MatchResult captures, @Nullable String slashTo) {

  /** A match that is no redirect. */
  public LocationMatch(T found, @Nullable MatchResult captures) {
    this(found, captures, null);
  }
}
