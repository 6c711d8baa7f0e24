package org.culvert.directive;

import java.time.Duration;
import java.util.List;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Units;
import org.culvert.rewrite.AddHeader;
import org.culvert.rewrite.Expires;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/** {@code add_header}, inherited only by a level that has none, and {@code expires}. */
final class HeaderDirectives {
  private static final Setting<List<AddHeader>> ADD_HEADER = new Setting<>("add_header");

  private static final Setting<Expires> EXPIRES = new Setting<>("expires");
  private static final long DAY = 24 * 60 * 60;

  private HeaderDirectives() {}

  static void define(DirectiveTable table) {
    table.define("add_header", HeaderDirectives::addHeader);
    table.define("expires", HeaderDirectives::expires);
  }

  static List<AddHeader> addHeaders(Level level) {
    return List.copyOf(level.get(ADD_HEADER, List.of()));
  }

  static Expires expires(Level level) {
    return level.get(EXPIRES, Expires.OFF);
  }

  private static void expires(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    level.requireUnset(EXPIRES, directive);
    boolean modified = directive.arity() == 2;
    if (modified && !directive.arg(1).equals("modified")) {
      throw Setter.invalidValue(directive);
    }
    Template text = reading.template(directive, directive.arity());
    if (text.isConstant()) {
      if (modified && text.source().startsWith("@")) {
        throw directive.error(
            "\"expires\" directive daily time cannot be used with \"modified\" parameter");
      }
      Expires.Rule rule = rule(text.source());
      if (rule == null) {
        throw Setter.invalidValue(directive);
      }
      if (rule.kind() == Expires.Kind.DAILY && rule.seconds() > DAY) {
        throw directive.error("\"expires\" directive daily time value must be less than 24 hours");
      }
    }
    level.put(EXPIRES, new Expires(text, modified, HeaderDirectives::rule));
  }

  private static Expires.@Nullable Rule rule(String text) {
    switch (text) {
      case "off":
        return new Expires.Rule(Expires.Kind.OFF, 0);
      case "epoch":
        return new Expires.Rule(Expires.Kind.EPOCH, 0);
      case "max":
        return new Expires.Rule(Expires.Kind.MAX, 0);
      default:
        boolean signed = !text.isEmpty() && "@+-".indexOf(text.charAt(0)) >= 0;
        Duration time = Units.seconds(signed ? text.substring(1) : text);
        if (time == null) {
          return null;
        }
        return text.startsWith("@")
            ? new Expires.Rule(Expires.Kind.DAILY, time.toSeconds())
            : new Expires.Rule(
                Expires.Kind.AFTER, text.startsWith("-") ? -time.toSeconds() : time.toSeconds());
    }
  }

  private static void addHeader(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    boolean always = directive.arity() == 3;
    if (always && !directive.arg(3).equals("always")) {
      throw Setter.invalidParameter(directive, directive.arg(3));
    }
    level.add(ADD_HEADER, new AddHeader(directive.arg(1), reading.template(directive, 2), always));
  }
}
