package org.culvert.directive;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Word;
import org.culvert.directive.LocationDirectives.Path;
import org.culvert.directive.ProxyPassDirectives.Target;
import org.culvert.exchange.ProxySettings.Ranges;
import org.culvert.exchange.ProxySettings.ResponseRules;
import org.culvert.variable.Template;

/**
 * What is done to a response on its way to the client, {@code proxy_redirect} and cookies apart.
 */
final class ProxyResponseDirectives {
  private static final Setting<Set<String>> HIDE = new Setting<>("proxy_hide_header");
  private static final Setting<Set<String>> PASS = new Setting<>("proxy_pass_header");
  private static final Setting<Set<String>> IGNORE = new Setting<>("proxy_ignore_headers");
  private static final Setting<Boolean> INTERCEPT = new Setting<>("proxy_intercept_errors");

  private static final Setting<Boolean> PASS_TRAILERS = new Setting<>("proxy_pass_trailers");
  private static final Setting<Template> LIMIT_RATE = new Setting<>("proxy_limit_rate");
  private static final Setting<Boolean> FORCE_RANGES = new Setting<>("proxy_force_ranges");

  /** {@code ngx_http_proxy_hide_headers}. */
  static final Set<String> HIDDEN =
      Set.of(
          "date",
          "server",
          "x-pad",
          "x-accel-expires",
          "x-accel-redirect",
          "x-accel-limit-rate",
          "x-accel-buffering",
          "x-accel-charset");

  private static final Set<String> IGNORABLE =
      Set.of(
          "X-Accel-Redirect",
          "X-Accel-Expires",
          "X-Accel-Limit-Rate",
          "X-Accel-Buffering",
          "X-Accel-Charset",
          "Expires",
          "Cache-Control",
          "Set-Cookie",
          "Vary");

  private ProxyResponseDirectives() {}

  static void define(DirectiveTable table) {
    table.define("proxy_hide_header", (d, level, reading) -> name(HIDE, d, level));
    table.define("proxy_pass_header", (d, level, reading) -> name(PASS, d, level));
    table.define("proxy_ignore_headers", ProxyResponseDirectives::ignore);
    table.define("proxy_intercept_errors", Setter.flag(INTERCEPT));
    table.define("proxy_pass_trailers", Setter.flag(PASS_TRAILERS));
    table.define("proxy_force_ranges", Setter.flag(FORCE_RANGES));
    table.define("proxy_limit_rate", LimitDirectives.size(LIMIT_RATE));
  }

  private static Ranges ranges(Level level) {
    if (!level.get(FORCE_RANGES, false)) {
      return Ranges.BACKENDS;
    }
    return StaticDirectives.maxRanges(level) == 0 ? Ranges.NONE : Ranges.FORCED;
  }

  private static void name(Setting<Set<String>> setting, Directive directive, Level level) {
    level.addTo(setting, directive.arg(1).toLowerCase(Locale.ROOT));
  }

  private static void ignore(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    for (Word word : directive.args()) {
      if (IGNORABLE.stream().noneMatch(word.text()::equalsIgnoreCase)) {
        throw directive.error("invalid value \"" + word.text() + "\"");
      }
      level.addTo(IGNORE, LocationDirectives.lower(word));
    }
  }

  static ResponseRules rules(Level level, Path path, Target target) {
    Set<String> hide = new HashSet<>(HIDDEN);
    hide.addAll(level.get(HIDE, Set.of()));
    hide.removeAll(level.get(PASS, Set.of()));
    return new ResponseRules(
        Set.copyOf(hide),
        Set.copyOf(level.get(IGNORE, Set.of())),
        ProxyRewriteDirectives.redirects(level, path, target),
        List.copyOf(ProxyRewriteDirectives.cookieDomains(level)),
        List.copyOf(ProxyRewriteDirectives.cookiePaths(level)),
        List.copyOf(ProxyCookieDirectives.flags(level)),
        level.get(PASS_TRAILERS, false),
        ranges(level),
        ProxyBufferDirectives.buffering(level),
        ProxyBufferDirectives.readAhead(level),
        ProxyBufferDirectives.headSize(level),
        level.get(INTERCEPT, false),
        level.find(LIMIT_RATE));
  }
}
