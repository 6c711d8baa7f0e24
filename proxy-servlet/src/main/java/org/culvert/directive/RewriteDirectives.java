package org.culvert.directive;

import java.util.List;
import java.util.OptionalInt;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Units;
import org.culvert.rewrite.Return;
import org.culvert.rewrite.SetVariable;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/** {@code set} and {@code return}: run in order, and never inherited. */
final class RewriteDirectives {
  private static final Setting<List<SetVariable>> SETS = new Setting<>("set");
  private static final Setting<Return> RETURN = new Setting<>("return");
  private static final int HIGHEST_STATUS = 999;

  private RewriteDirectives() {}

  static void define(DirectiveTable table) {
    table.define("set", RewriteDirectives::set);
    table.define("return", RewriteDirectives::returns);
  }

  /** The sets that come before a return. */
  static List<SetVariable> sets(Level level) {
    List<SetVariable> sets = level.own(SETS);
    return sets == null ? List.of() : List.copyOf(sets);
  }

  static @Nullable Return returns(Level level) {
    return level.own(RETURN);
  }

  private static void set(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    int slot = reading.variables().slot(reading.variableName(directive, 1));
    Template value = reading.template(directive, 2);
    if (level.own(RETURN) == null) {
      level.add(SETS, new SetVariable(slot, value));
    }
  }

  private static void returns(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    String first = directive.arg(1);
    OptionalInt code = Units.number(first);
    Return result;
    if (code.isEmpty()) {
      if (directive.arity() != 1
          || !(first.startsWith("http://")
              || first.startsWith("https://")
              || first.startsWith("$scheme"))) {
        throw directive.error("invalid return code \"" + first + "\"");
      }
      result = new Return(302, reading.template(directive, 1));
    } else {
      if (code.getAsInt() > HIGHEST_STATUS) {
        throw directive.error("invalid return code \"" + first + "\"");
      }
      Template text = directive.arity() == 1 ? null : reading.template(directive, 2);
      result = new Return(code.getAsInt(), text);
    }
    if (level.own(RETURN) == null) {
      level.put(RETURN, result);
    }
  }
}
