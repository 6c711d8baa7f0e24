package org.culvert.directive;

import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Units;
import org.culvert.conf.Word;
import org.culvert.variable.Template;

/**
 * What a directive does to the level it stands at. The ready-made ones are nginx's {@code
 * ngx_conf_set_*_slot}: they take one argument and refuse a second setting at the same level.
 */
@FunctionalInterface
interface Setter {
  /**
   * Takes the directive's values.
   *
   * @param directive already checked for context, block and number of arguments
   * @param level where it stands
   * @param reading what is known of the whole configuration
   */
  void set(Directive directive, Level level, Reading reading) throws ConfigurationException;

  /** "on" or "off". */
  static Setter flag(Setting<Boolean> setting) {
    return (directive, level, reading) -> level.putOnce(setting, flag(directive, 1), directive);
  }

  /** The flag that an argument is. */
  static boolean flag(Directive directive, int n) throws ConfigurationException {
    String text = directive.arg(n);
    if (text.equalsIgnoreCase("on")) {
      return true;
    }
    if (text.equalsIgnoreCase("off")) {
      return false;
    }
    throw directive.error(
        "invalid value \""
            + text
            + "\" in \""
            + directive.name()
            + "\" directive, it must be \"on\" or \"off\"");
  }

  /** A size in bytes. */
  static Setter size(Setting<Long> setting) {
    return (directive, level, reading) -> {
      level.requireUnset(setting, directive);
      OptionalLong size = Units.size(directive.arg(1));
      if (size.isEmpty()) {
        throw invalidValue(directive);
      }
      level.put(setting, size.getAsLong());
    };
  }

  /** How many buffers of which size: {@code 8 4k}; neither may be 0. */
  record Buffers(int number, long size) {}

  /** A number of buffers and their size ({@code ngx_conf_set_bufs_slot}). */
  static Setter buffers(Setting<Buffers> setting) {
    return (directive, level, reading) -> {
      level.requireUnset(setting, directive);
      OptionalInt number = Units.number(directive.arg(1));
      OptionalLong size = Units.size(directive.arg(2));
      if (number.orElse(0) == 0 || size.orElse(0) == 0) {
        throw invalidValue(directive);
      }
      level.put(setting, new Buffers(number.getAsInt(), size.getAsLong()));
    };
  }

  /** A whole number. */
  static Setter number(Setting<Integer> setting) {
    return (directive, level, reading) -> {
      level.requireUnset(setting, directive);
      OptionalInt number = Units.number(directive.arg(1));
      if (number.isEmpty()) {
        throw directive.error("\"" + directive.name() + "\" directive invalid number");
      }
      level.put(setting, number.getAsInt());
    };
  }

  /** A time down to milliseconds. */
  static Setter time(Setting<Duration> setting) {
    return (directive, level, reading) -> {
      level.requireUnset(setting, directive);
      Duration time = Units.milliseconds(directive.arg(1));
      if (time == null) {
        throw invalidValue(directive);
      }
      level.put(setting, time);
    };
  }

  /** Any text. */
  static Setter word(Setting<Word> setting) {
    return (directive, level, reading) ->
        level.putOnce(setting, directive.words().get(1), directive);
  }

  /** A text with variables. */
  static Setter template(Setting<Template> setting) {
    return (directive, level, reading) ->
        level.putOnce(setting, reading.template(directive, 1), directive);
  }

  /** One of some words. */
  static <T> Setter choice(Setting<T> setting, Map<String, T> choices) {
    return (directive, level, reading) -> {
      level.requireUnset(setting, directive);
      T choice = choices.get(directive.arg(1));
      if (choice == null) {
        throw directive.error("invalid value \"" + directive.arg(1) + "\"");
      }
      level.put(setting, choice);
    };
  }

  /** {@code "x" directive invalid value}. */
  static ConfigurationException invalidValue(Directive directive) {
    return directive.error("\"" + directive.name() + "\" directive invalid value");
  }

  /** {@code "x" directive is duplicate}. */
  static ConfigurationException duplicate(Directive directive) {
    return directive.error("\"" + directive.name() + "\" directive is duplicate");
  }

  /** {@code invalid parameter "x"}. */
  static ConfigurationException invalidParameter(Directive directive, String parameter) {
    return directive.error("invalid parameter \"" + parameter + "\"");
  }
}
