package org.culvert.directive;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.rewrite.SplitVariable;

/** {@code split_clients}: shares in percent, with two decimals at most, and {@code *}. */
final class SplitClientsDirectives {
  private static final Pattern PERCENT = Pattern.compile("(\\d{0,3})(?:\\.(\\d{0,2}))?%");

  private SplitClientsDirectives() {}

  static void define(DirectiveTable table) {
    table.define("split_clients", SplitClientsDirectives::splitClients);
  }

  private static void splitClients(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    String name = reading.variableName(directive, 2);
    SplitVariable.Builder split = SplitVariable.builder(reading.template(directive, 1));
    boolean fits = true;
    for (Directive line : Reading.lines(directive)) {
      if (line.arity() == 0) {
        throw line.error("invalid number of the split_clients parameters");
      }
      if (line.name().equals("*")) {
        split.rest(line.arg(1));
      } else {
        fits &= split.share(share(line), line.arg(1));
      }
    }
    if (!fits) {
      throw new ConfigurationException(
          "percent total is greater than 100%", Reading.contents(directive).end());
    }
    reading.variables().compute(name, split.build());
  }

  /** In hundredths of a percent. */
  private static int share(Directive line) throws ConfigurationException {
    Matcher percent = PERCENT.matcher(line.name());
    int share = 0;
    if (percent.matches()) {
      String decimals = percent.group(2) == null ? "" : percent.group(2);
      share = Integer.parseInt(percent.group(1) + (decimals + "00").substring(0, 2));
    }
    if (share == 0) {
      throw line.error("invalid percent value \"" + line.name() + "\"");
    }
    return share;
  }
}
