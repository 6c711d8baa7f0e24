package org.culvert.directive;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.culvert.location.LocationTree;
import org.culvert.regex.BoundedMatch;
import org.culvert.rewrite.RewriteStep;
import org.jspecify.annotations.Nullable;

/**
 * One {@code server}.
 *
 * @param listens where it listens; nginx's default {@code *:80} (8000 when not root) where none is
 *     named
 * @param names its {@code server_name}s as configured; the first is {@code $server_name}
 * @param steps {@code set}, {@code if}, {@code rewrite}, {@code break} and {@code return} at server
 *     level, run first
 * @param locations its locations
 * @param fallback what holds where no location matches
 * @param tls certificates, or null where there are none
 * @param nameRegexes the names that are regexes, with the slots of their named groups
 * @param headerTimeout {@code client_header_timeout}: from a head's first byte to its last
 * @param head what a head may be
 */
public record ServerSettings(
    List<ListenSettings> listens,
    List<String> names,
    List<RewriteStep> steps,
    LocationTree<LocationSettings> locations,
    LocationSettings fallback,
    @Nullable ServerTls tls,
    List<NameRegex> nameRegexes,
    Duration headerTimeout,
    HeadSettings head) {

  /**
   * A {@code server_name ~…}.
   *
   * @param captureNames numbers of its groups to the slots that they fill
   */
  public record NameRegex(Pattern pattern, Map<Integer, Integer> captureNames) {}

  /** The slots for the captures of the first regex name that matches a host. */
  public Map<Integer, Integer> captureNames(String host) {
    for (NameRegex name : nameRegexes) {
      if (BoundedMatch.isIn(name.pattern(), host, false)) {
        return name.captureNames();
      }
    }
    return Map.of();
  }

  /** Its locations with what may hold in their stead, and what holds where none matches. */
  public Stream<LocationSettings> everyLocation() {
    return Stream.concat(Stream.of(fallback), locations.all().stream())
        .flatMap(LocationSettings::variants);
  }

  /** The server's first name, or "". */
  public String name() {
    return names.isEmpty() ? "" : names.get(0);
  }
}
