package org.culvert.directive;

import java.util.ArrayList;
import java.util.List;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Word;
import org.culvert.directive.LocationDirectives.Path;
import org.culvert.directive.ProxyPassDirectives.Target;
import org.culvert.exchange.ProxySettings.Rewrite;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/** {@code proxy_redirect}, {@code proxy_cookie_domain} and {@code proxy_cookie_path}. */
final class ProxyRewriteDirectives {
  private static final Setting<Rules> REDIRECT = new Setting<>("proxy_redirect");
  private static final Setting<Rules> COOKIE_DOMAIN = new Setting<>("proxy_cookie_domain");
  private static final Setting<Rules> COOKIE_PATH = new Setting<>("proxy_cookie_path");

  /** The rules of one level; after {@code off} there can be no more. */
  private static final class Rules {
    private final List<Rewrite> list = new ArrayList<>();
    private boolean off;
  }

  private ProxyRewriteDirectives() {}

  static void define(DirectiveTable table) {
    table.define("proxy_redirect", ProxyRewriteDirectives::redirect);
    table.define("proxy_cookie_domain", ProxyRewriteDirectives::cookieDomain);
    table.define("proxy_cookie_path", ProxyRewriteDirectives::cookiePath);
  }

  /** The level's own rules, to add one; null when the directive was {@code off}. */
  private static @Nullable List<Rewrite> open(
      Setting<Rules> setting, Directive directive, Level level) throws ConfigurationException {
    Rules rules = level.own(setting);
    if (rules == null) {
      rules = new Rules();
      level.put(setting, rules);
    } else if (rules.off) {
      throw Setter.duplicate(directive);
    }
    if (directive.arity() == 1 && directive.arg(1).equals("off")) {
      if (!rules.list.isEmpty()) {
        throw Setter.duplicate(directive);
      }
      rules.off = true;
      return null;
    }
    return rules.list;
  }

  private static void redirect(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    List<Rewrite> rules = open(REDIRECT, directive, level);
    if (rules == null) {
      return;
    }
    if (directive.arity() == 1) {
      if (!directive.arg(1).equals("default")) {
        throw Setter.invalidParameter(directive, directive.arg(1));
      }
      rules.add(explicitDefault(directive, level));
      return;
    }
    rules.add(rule(directive, directive.arg(1), false, reading));
  }

  private static Rewrite explicitDefault(Directive directive, Level level)
      throws ConfigurationException {
    Target target = ProxyPassDirectives.target(level);
    if (target == null) {
      throw directive.error(
          "\"proxy_redirect default\" should be placed after the \"proxy_pass\" directive");
    }
    Rewrite rule = defaultRedirect(target, level.own(LocationDirectives.PATH));
    if (rule == null) {
      throw directive.error(
          "\"proxy_redirect default\" cannot be used with \"proxy_pass\" directive with"
              + " variables");
    }
    return rule;
  }

  /** {@code proxy_redirect default}: null where the target has variables. */
  private static @Nullable Rewrite defaultRedirect(Target target, @Nullable Path path) {
    HostPort address = target.address();
    if (address == null) {
      return null;
    }
    String url = target.url().source();
    if (address.uri() != null) {
      String prefix = path == null || path.regex() != null || path.isNamed() ? "" : path.text();
      return new Rewrite.Prefix(Template.constant(url), Template.constant(prefix));
    }
    return new Rewrite.Prefix(Template.constant(url + "/"), Template.constant("/"));
  }

  private static void cookieDomain(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    List<Rewrite> rules = open(COOKIE_DOMAIN, directive, level);
    if (rules == null) {
      return;
    }
    if (directive.arity() == 1) {
      throw Setter.invalidParameter(directive, directive.arg(1));
    }
    String match = directive.arg(1);
    rules.add(rule(directive, match.startsWith(".") ? match.substring(1) : match, true, reading));
  }

  private static void cookiePath(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    List<Rewrite> rules = open(COOKIE_PATH, directive, level);
    if (rules == null) {
      return;
    }
    if (directive.arity() == 1) {
      throw Setter.invalidParameter(directive, directive.arg(1));
    }
    rules.add(rule(directive, directive.arg(1), false, reading));
  }

  /** A literal, or a regex where it begins with "~" or "~*". */
  private static Rewrite rule(
      Directive directive, String match, boolean alwaysCaseless, Reading reading)
      throws ConfigurationException {
    Word from = directive.words().get(1);
    Template replacement = reading.template(directive, 2);
    if (!match.startsWith("~")) {
      return new Rewrite.Prefix(reading.template(new Word(match, from.position())), replacement);
    }
    boolean star = match.startsWith("~*");
    return new Rewrite.Pattern(
        reading.capturing(match.substring(star ? 2 : 1), star || alwaysCaseless, directive),
        replacement);
  }

  /** The rules of a location; none at any level is {@code default}. */
  static List<Rewrite> redirects(Level level, Path path, Target target) {
    Rules rules = level.find(REDIRECT);
    if (rules != null) {
      return List.copyOf(rules.list);
    }
    Rewrite rule = defaultRedirect(target, path);
    return rule == null ? List.of() : List.of(rule);
  }

  static List<Rewrite> cookieDomains(Level level) {
    return list(level, COOKIE_DOMAIN);
  }

  static List<Rewrite> cookiePaths(Level level) {
    return list(level, COOKIE_PATH);
  }

  private static List<Rewrite> list(Level level, Setting<Rules> setting) {
    Rules rules = level.find(setting);
    return rules == null ? List.of() : rules.list;
  }
}
