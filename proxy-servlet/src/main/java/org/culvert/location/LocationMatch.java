package org.culvert.location;

import java.util.regex.MatchResult;
import org.jspecify.annotations.Nullable;

/**
 * What was found for a path.
 *
 * @param found the value registered for the location
 * @param captures the groups of the regex that chose it, or null
 */
public record LocationMatch<T>(T found, @Nullable MatchResult captures) {}
