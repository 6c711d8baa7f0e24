package org.culvert.directive;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Units;
import org.culvert.rewrite.AddHeader;
import org.culvert.rewrite.Expires;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/**
 * {@code add_header} and {@code add_trailer}, inherited only by a level that has none unless {@code
 * add_header_inherit} or {@code add_trailer_inherit} says otherwise, and {@code expires}.
 */
final class HeaderDirectives {
  private static final Setting<List<AddHeader>> ADD_HEADER = new Setting<>("add_header");

  private static final Setting<List<AddHeader>> ADD_TRAILER = new Setting<>("add_trailer");
  private static final Setting<Inherit> HEADER_INHERIT = new Setting<>("add_header_inherit");
  private static final Setting<Inherit> TRAILER_INHERIT = new Setting<>("add_trailer_inherit");
  private static final Setting<Expires> EXPIRES = new Setting<>("expires");
  private static final long DAY = 24 * 60 * 60;

  /** How a level's list goes together with that of the level around it. */
  private enum Inherit {
    ON,
    OFF,
    MERGE;

    private static final Map<String, Inherit> WORDS = Map.of("on", ON, "off", OFF, "merge", MERGE);
  }

  private HeaderDirectives() {}

  static void define(DirectiveTable table) {
    table.define("add_header", add(ADD_HEADER));
    table.define("add_trailer", add(ADD_TRAILER));
    table.define("add_header_inherit", Setter.choice(HEADER_INHERIT, Inherit.WORDS));
    table.define("add_trailer_inherit", Setter.choice(TRAILER_INHERIT, Inherit.WORDS));
    table.define("expires", HeaderDirectives::expires);
  }

  static List<AddHeader> addHeaders(Level level) {
    return inherited(level, ADD_HEADER, HEADER_INHERIT);
  }

  static List<AddHeader> addTrailers(Level level) {
    return inherited(level, ADD_TRAILER, TRAILER_INHERIT);
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

  private static Setter add(Setting<List<AddHeader>> setting) {
    return (directive, level, reading) -> {
      boolean always = directive.arity() == 3;
      if (always && !directive.arg(3).equals("always")) {
        throw Setter.invalidParameter(directive, directive.arg(3));
      }
      level.add(setting, new AddHeader(directive.arg(1), reading.template(directive, 2), always));
    };
  }

  /** A level's own, then where they are merged, or there are no own ones, those around it. */
  private static List<AddHeader> inherited(
      @Nullable Level level, Setting<List<AddHeader>> setting, Setting<Inherit> inherit) {
    if (level == null) {
      return List.of();
    }
    List<AddHeader> own = level.own(setting);
    Inherit mode = level.get(inherit, Inherit.ON);
    if (mode == Inherit.OFF || (mode == Inherit.ON && own != null)) {
      return own == null ? List.of() : List.copyOf(own);
    }
    List<AddHeader> all = new ArrayList<>(own == null ? List.of() : own);
    all.addAll(inherited(level.parent(), setting, inherit));
    return List.copyOf(all);
  }
}
