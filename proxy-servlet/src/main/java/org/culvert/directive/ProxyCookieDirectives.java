package org.culvert.directive;

import java.util.ArrayList;
import java.util.List;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.exchange.ProxySettings.CookieFlags;
import org.culvert.variable.Template;

/** {@code proxy_cookie_flags}. */
final class ProxyCookieDirectives {
  private static final Setting<List<CookieFlags>> FLAGS = new Setting<>("proxy_cookie_flags");

  private ProxyCookieDirectives() {}

  static void define(DirectiveTable table) {
    table.define("proxy_cookie_flags", ProxyCookieDirectives::add);
  }

  static List<CookieFlags> flags(Level level) {
    return level.get(FLAGS, List.of());
  }

  /** An empty list is that of {@code off}, beside which there is no other. */
  private static void add(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    List<CookieFlags> own = level.own(FLAGS);
    boolean off = directive.arity() == 1 && directive.arg(1).equals("off");
    if (own != null && (off || own.isEmpty())) {
      throw Setter.duplicate(directive);
    }
    if (off) {
      level.put(FLAGS, List.of());
    } else if (directive.arity() == 1) {
      throw Setter.invalidParameter(directive, directive.arg(1));
    } else {
      level.add(FLAGS, rule(directive, reading));
    }
  }

  private static CookieFlags rule(Directive directive, Reading reading)
      throws ConfigurationException {
    List<Template> flags = new ArrayList<>();
    for (int i = 2; i <= directive.arity(); i++) {
      flags.add(reading.template(directive, i));
    }
    String cookie = directive.arg(1);
    return cookie.startsWith("~")
        ? new CookieFlags(
            null, reading.capturing(cookie.substring(1), true, directive), List.copyOf(flags))
        : new CookieFlags(reading.template(directive, 1), null, List.copyOf(flags));
  }
}
