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
      Expires.Rule rule = constant(text.source(), modified, directive);
      level.put(EXPIRES, new Expires(scope -> rule, modified));
    } else {
      level.put(EXPIRES, new Expires(scope -> rule(text.evaluate(scope)), modified));
    }
  }

  private static Expires.@Nullable Rule constant(String text, boolean modified, Directive directive)
      throws ConfigurationException {
    if (modified && text.startsWith("@")) {
      throw directive.error(
          "\"expires\" directive daily time cannot be used with \"modified\" parameter");
    }
    Expires.Rule rule = rule(text);
    if (rule == null && !text.equals("off")) {
      throw Setter.invalidValue(directive);
    }
    if (rule != null && rule.kind() == Expires.Kind.DAILY && rule.seconds() > DAY) {
      throw directive.error("\"expires\" directive daily time value must be less than 24 hours");
    }
    return rule;
  }

  /** Null for "off", and for what is no time. */
  private static Expires.@Nullable Rule rule(String text) {
    if (text.equals("epoch")) {
      return new Expires.Rule(Expires.Kind.EPOCH, 0);
    }
    if (text.equals("max")) {
      return new Expires.Rule(Expires.Kind.MAX, 0);
    }
    boolean signed = !text.isEmpty() && "@+-".indexOf(text.charAt(0)) >= 0;
    Duration time = Units.seconds(signed ? text.substring(1) : text);
    if (time == null) {
      return null;
    }
    long seconds = time.toSeconds();
    return text.startsWith("@")
        ? new Expires.Rule(Expires.Kind.DAILY, seconds)
        : new Expires.Rule(Expires.Kind.AFTER, text.startsWith("-") ? -seconds : seconds);
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
