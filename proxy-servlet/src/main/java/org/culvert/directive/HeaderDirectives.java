package org.culvert.directive;

import java.util.List;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.rewrite.AddHeader;

/** {@code add_header}: inherited only by a level that has none. */
final class HeaderDirectives {
  private static final Setting<List<AddHeader>> ADD_HEADER = new Setting<>("add_header");

  private HeaderDirectives() {}

  static void define(DirectiveTable table) {
    table.define("add_header", HeaderDirectives::addHeader);
  }

  static List<AddHeader> addHeaders(Level level) {
    return List.copyOf(level.get(ADD_HEADER, List.of()));
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
