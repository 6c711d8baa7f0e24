package org.culvert.directive;

import java.util.Locale;
import java.util.regex.Pattern;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.rewrite.MapVariable;
import org.culvert.variable.Template;

/** {@code map}: literal keys, host names with wildcards, regexes, {@code default}. */
final class MapDirectives {
  private static final Pattern HOST_KEY = Pattern.compile("(\\*\\.|\\.)?[^*]+|[^*]+\\.\\*");

  private MapDirectives() {}

  static void define(DirectiveTable table) {
    table.define("map", MapDirectives::map);
  }

  private static void map(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    Template source = reading.template(directive, 1);
    String name = reading.variableName(directive, 2);
    MapVariable.Builder map = MapVariable.builder(reading.variables(), source);
    boolean hostnames = false;
    boolean hasDefault = false;
    for (Directive line : Reading.lines(directive)) {
      if (line.arity() == 0 && line.name().equals("hostnames")) {
        map.hostnames();
        hostnames = true;
      } else if (line.arity() == 0 && line.name().equals("volatile")) {
        map.notCached();
      } else if (line.arity() != 1) {
        throw line.error("invalid number of the map parameters");
      } else if (line.name().equals("default")) {
        if (hasDefault) {
          throw line.error("duplicate default map parameter");
        }
        hasDefault = true;
        map.fallback(reading.template(line, 1));
      } else {
        entry(map, line, hostnames, reading);
      }
    }
    reading.variables().compute(name, map.build());
  }

  private static void entry(
      MapVariable.Builder map, Directive line, boolean hostnames, Reading reading)
      throws ConfigurationException {
    String key = line.name();
    Template value = reading.template(line, 1);
    if (key.startsWith("~")) {
      boolean ignoreCase = key.startsWith("~*");
      map.regex(reading.regex(key.substring(ignoreCase ? 2 : 1), ignoreCase, line), value);
      return;
    }
    // A backslash takes "~", "default" and the other special words literally.
    String literal = key.startsWith("\\") ? key.substring(1) : key;
    if (hostnames && !literal.isEmpty() && !HOST_KEY.matcher(literal).matches()) {
      throw line.error("invalid hostname or wildcard \"" + literal + "\"");
    }
    if (!map.literal(literal, value)) {
      throw line.error("conflicting parameter \"" + literal.toLowerCase(Locale.ROOT) + "\"");
    }
  }
}
