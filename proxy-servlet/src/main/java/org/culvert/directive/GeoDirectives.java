package org.culvert.directive;

import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.http.Network;
import org.culvert.rewrite.AddressRanges;
import org.culvert.rewrite.AddressRanges.Range;
import org.culvert.rewrite.GeoVariable;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/** {@code geo}: networks or ranges, {@code default}, {@code delete}, {@code proxy}. */
final class GeoDirectives {
  private final GeoVariable.Builder geo;
  private final Reading reading;
  private @Nullable AddressRanges ranges;

  private GeoDirectives(GeoVariable.Builder geo, Reading reading) {
    this.geo = geo;
    this.reading = reading;
  }

  static void define(DirectiveTable table) {
    table.define("geo", GeoDirectives::geo);
  }

  private static void geo(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    Template source = null;
    if (directive.arity() == 2) {
      if (!directive.arg(1).matches("\\$\\w+")) {
        throw directive.error("invalid variable name \"" + directive.arg(1) + "\"");
      }
      source = reading.template(directive, 1);
    }
    String name = reading.variableName(directive, directive.arity());
    GeoVariable.Builder geo = GeoVariable.builder(source);
    GeoDirectives block = new GeoDirectives(geo, reading);
    for (Directive line : Reading.lines(directive)) {
      block.line(line);
    }
    reading.variables().compute(name, geo.build());
  }

  private void line(Directive line) throws ConfigurationException {
    if (line.arity() == 0 && line.name().equals("ranges")) {
      if (geo.hasNetworks()) {
        throw line.error(
            "the \"ranges\" directive must be the first directive inside \"geo\" block");
      }
      ranges = geo.ranges();
    } else if (line.arity() == 0 && line.name().equals("proxy_recursive")) {
      geo.recursive();
    } else if (line.arity() != 1) {
      throw line.error("invalid number of the geo parameters");
    } else if (line.name().equals("proxy")) {
      geo.proxy(network(line, line.arg(1)));
    } else if (line.name().equals("default")) {
      geo.fallback(line.arg(1));
    } else if (ranges != null) {
      range(ranges, line);
    } else {
      network(line);
    }
  }

  private void network(Directive line) throws ConfigurationException {
    if (line.name().equals("delete")) {
      if (!geo.delete(network(line, line.arg(1)))) {
        warn(line, "no network \"" + line.arg(1) + "\" to delete");
      }
      return;
    }
    String old = geo.network(network(line, line.name()), line.arg(1));
    if (old != null) {
      duplicate(line, "network", old);
    }
  }

  private Network network(Directive line, String text) throws ConfigurationException {
    Network network = AccessDirectives.network(text, line, reading);
    if (network == null) {
      throw line.error("invalid network \"" + text + "\"");
    }
    return network;
  }

  private void range(AddressRanges to, Directive line) throws ConfigurationException {
    boolean deletes = line.name().equals("delete");
    String text = deletes ? line.arg(1) : line.name();
    Range range = Range.parse(text);
    if (range == null) {
      throw line.error("invalid range \"" + text + "\"");
    }
    if (deletes) {
      if (!to.delete(range)) {
        warn(line, "no address range \"" + text + "\" to delete");
      }
      return;
    }
    Range overlapped = to.overlapped(range);
    if (overlapped != null) {
      throw line.error("range \"" + text + "\" overlaps \"" + overlapped + "\"");
    }
    String old = to.add(range, line.arg(1));
    if (old != null) {
      duplicate(line, "range", old);
    }
  }

  private void duplicate(Directive line, String what, String old) throws ConfigurationException {
    warn(
        line,
        "duplicate "
            + what
            + " \""
            + line.name()
            + "\", value: \""
            + line.arg(1)
            + "\", old value: \""
            + old
            + "\"");
  }

  private void warn(Directive line, String message) {
    reading.warnings().warn(message + " in " + line.position());
  }
}
