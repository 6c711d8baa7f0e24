package org.culvert.directive;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.location.HostNames;
import org.culvert.rewrite.Referers;
import org.jspecify.annotations.Nullable;

/** {@code valid_referers}: inherited only by a level that has none. */
final class RefererDirectives {
  private static final Setting<List<Line>> LINES = new Setting<>("valid_referers");

  /** One parameter; names of the server are known when all of it is read. */
  private record Line(String text, @Nullable Pattern regex) {}

  private RefererDirectives() {}

  static void define(DirectiveTable table) {
    table.define("valid_referers", RefererDirectives::validReferers);
  }

  private static void validReferers(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    for (int i = 1; i <= directive.arity(); i++) {
      String text = directive.arg(i);
      if (text.isEmpty()) {
        throw directive.error("invalid referer \"\"");
      }
      Pattern regex = null;
      if (text.equals("~")) {
        throw directive.error("empty regex in \"~\"");
      } else if (text.startsWith("~")) {
        regex = reading.regex(text.substring(1), true, directive).pattern();
      }
      level.add(LINES, new Line(text, regex));
    }
  }

  /** What holds at a level, null where nothing was said. */
  static @Nullable Referers referers(Level level) throws ConfigurationException {
    List<Line> lines = level.find(LINES);
    if (lines == null) {
      return null;
    }
    Directive opening = level.opening();
    if (opening != null
        && lines.stream().allMatch(l -> l.text.equals("none") || l.text.equals("blocked"))) {
      throw opening.error(
          "the \"none\" or \"blocked\" referers are specified in the \"valid_referers\" directive"
              + " without any valid referer");
    }
    boolean none = false;
    boolean blocked = false;
    HostNames<String> names = new HostNames<>();
    List<Pattern> expressions = new ArrayList<>();
    for (Line line : lines) {
      if (line.regex != null) {
        expressions.add(line.regex);
      } else if (line.text.equals("none")) {
        none = true;
      } else if (line.text.equals("blocked")) {
        blocked = true;
      } else if (line.text.equals("server_names")) {
        ServerDirectives.names(level).forEach(name -> name.addTo(names, ""));
      } else {
        int slash = line.text.indexOf('/');
        String host = slash < 0 ? line.text : line.text.substring(0, slash);
        names.add(host, slash < 0 ? "" : line.text.substring(slash));
      }
    }
    return new Referers(none, blocked, names, List.copyOf(expressions));
  }
}
