package org.culvert.directive;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Word;
import org.culvert.exchange.ProxySettings.NextUpstream;

/** {@code proxy_next_upstream} and its limits. */
final class ProxyNextDirectives {
  private static final Setting<Set<String>> NEXT = new Setting<>("proxy_next_upstream");
  private static final Setting<Integer> TRIES = new Setting<>("proxy_next_upstream_tries");
  private static final Setting<Duration> TIMEOUT = new Setting<>("proxy_next_upstream_timeout");

  private static final Set<String> KNOWN =
      Set.of(
          "error",
          "timeout",
          "invalid_header",
          "non_idempotent",
          "http_500",
          "http_502",
          "http_503",
          "http_504",
          "http_403",
          "http_404",
          "http_429",
          "updating",
          "off");

  private ProxyNextDirectives() {}

  static void define(DirectiveTable table) {
    table.define("proxy_next_upstream", ProxyNextDirectives::next);
    table.define("proxy_next_upstream_tries", Setter.number(TRIES));
    table.define("proxy_next_upstream_timeout", Setter.time(TIMEOUT));
  }

  private static void next(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    for (Word word : directive.args()) {
      if (!KNOWN.contains(word.text().toLowerCase(java.util.Locale.ROOT))) {
        throw directive.error("invalid value \"" + word.text() + "\"");
      }
      level.addTo(NEXT, LocationDirectives.lower(word));
    }
  }

  /** {@code off} beside others wins, as in nginx. */
  static NextUpstream settings(Level level) {
    Set<String> next = level.get(NEXT, Set.of("error", "timeout"));
    if (next.contains("off")) {
      next = Set.of();
    }
    Set<Integer> statuses =
        next.stream()
            .filter(word -> word.startsWith("http_"))
            .map(word -> Integer.valueOf(word.substring("http_".length())))
            .collect(Collectors.toUnmodifiableSet());
    return new NextUpstream(
        next.contains("error"),
        next.contains("timeout"),
        next.contains("invalid_header"),
        next.contains("non_idempotent"),
        statuses,
        level.get(TRIES, 0),
        level.get(TIMEOUT, Duration.ZERO));
  }
}
