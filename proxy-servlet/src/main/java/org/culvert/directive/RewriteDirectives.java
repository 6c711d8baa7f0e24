package org.culvert.directive;

import java.util.List;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Units;
import org.culvert.http.UriEscaping;
import org.culvert.rewrite.Return;
import org.culvert.rewrite.RewriteRule;
import org.culvert.rewrite.RewriteStep;
import org.culvert.rewrite.SetVariable;
import org.culvert.variable.CapturingRegex;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Template;
import org.culvert.variable.Variable;

/**
 * {@code set}, {@code if}, {@code rewrite}, {@code break} and {@code return}: run in the order of
 * the file, and never inherited.
 */
final class RewriteDirectives {
  private static final Setting<List<RewriteStep>> STEPS = new Setting<>("rewrite");
  private static final int HIGHEST_STATUS = 999;

  private RewriteDirectives() {}

  static void define(DirectiveTable table) {
    table.define("set", RewriteDirectives::set);
    table.define("if", RewriteDirectives::test);
    table.define("rewrite", RewriteDirectives::rewrite);
    table.define("break", (directive, level, reading) -> level.add(STEPS, new RewriteStep.Break()));
    table.define("return", RewriteDirectives::returns);
  }

  /** The steps of a level itself. */
  static List<RewriteStep> steps(Level level) {
    List<RewriteStep> steps = level.own(STEPS);
    return steps == null ? List.of() : List.copyOf(steps);
  }

  private static void set(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    int slot = reading.variables().slot(reading.variableName(directive, 1));
    level.add(STEPS, new SetVariable(slot, reading.template(directive, 2)));
  }

  private static void test(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    boolean inLocation = level.context() == Context.LOCATION;
    Context context = inLocation ? Context.IF_IN_LOCATION : Context.IF_IN_SERVER;
    int branch = inLocation ? level.children(context).size() : -1;
    var condition = Conditions.read(directive, reading);
    Level inner = level.nested(context, directive);
    reading.block(directive, inner);
    level.add(STEPS, new RewriteStep.If(condition, steps(inner), branch));
  }

  private static void rewrite(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    CapturingRegex regex = reading.capturing(directive.arg(1), false, directive);
    String text = directive.arg(2);
    RewriteRule.End end = end(directive, text);
    boolean keepsArgs = !text.endsWith("?");
    String replacement = keepsArgs ? text : text.substring(0, text.length() - 1);
    int mark = end.status() == 0 ? replacement.indexOf('?') : -1;
    String path = mark < 0 ? replacement : replacement.substring(0, mark);
    level.add(
        STEPS,
        new RewriteRule(
            regex,
            template(path, end.status() != 0, directive, reading),
            mark < 0 ? null : template(replacement.substring(mark + 1), true, directive, reading),
            keepsArgs,
            end));
  }

  private static RewriteRule.End end(Directive directive, String replacement)
      throws ConfigurationException {
    RewriteRule.End end = RewriteRule.End.NEXT;
    if (directive.arity() == 3) {
      end =
          switch (directive.arg(3)) {
            case "last" -> RewriteRule.End.LAST;
            case "break" -> RewriteRule.End.BREAK;
            case "redirect" -> RewriteRule.End.REDIRECT;
            case "permanent" -> RewriteRule.End.PERMANENT;
            default -> throw Setter.invalidParameter(directive, directive.arg(3));
          };
    }
    return isUrl(replacement) && end.status() == 0 ? RewriteRule.End.REDIRECT : end;
  }

  /**
   * A part of a replacement.
   *
   * @param escapes whether groups are escaped in it where the client's path had escapes: in
   *     arguments and in a redirect
   */
  private static Template template(
      String text, boolean escapes, Directive directive, Reading reading)
      throws ConfigurationException {
    return reading.template(
        directive.words().get(2).withText(text),
        UnaryOperator.identity(),
        captured -> escapes ? escaped(captured) : captured);
  }

  private static Variable escaped(Variable group) {
    return scope -> {
      String value = group.value(scope);
      return value == null || !scope.get(RequestFacts.class).isEscaped()
          ? value
          : UriEscaping.argument(value);
    };
  }

  /** Whether a text is a redirect's target without saying so. */
  private static boolean isUrl(String text) {
    return text.startsWith("http://") || text.startsWith("https://") || text.startsWith("$scheme");
  }

  private static void returns(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    String first = directive.arg(1);
    OptionalInt code = Units.number(first);
    Return result;
    if (code.isEmpty()) {
      if (directive.arity() != 1 || !isUrl(first)) {
        throw directive.error("invalid return code \"" + first + "\"");
      }
      result = new Return(302, reading.template(directive, 1));
    } else {
      if (code.getAsInt() > HIGHEST_STATUS) {
        throw directive.error("invalid return code \"" + first + "\"");
      }
      // An error with an empty text is one without (ngx_http_rewrite_return).
      boolean none =
          directive.arity() == 1 || (code.getAsInt() >= 400 && directive.arg(2).isEmpty());
      Template text = none ? null : reading.template(directive, 2);
      result = new Return(code.getAsInt(), text);
    }
    level.add(STEPS, result);
  }
}
