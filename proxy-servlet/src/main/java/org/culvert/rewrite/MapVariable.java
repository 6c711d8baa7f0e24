package org.culvert.rewrite;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.culvert.location.HostNames;
import org.culvert.location.LocationMatch;
import org.culvert.regex.RegexLimitException;
import org.culvert.variable.CapturingRegex;
import org.culvert.variable.Regex;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.culvert.variable.Variable;
import org.culvert.variable.VariableTable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@code map} makes: a variable whose value depends on that of another text. Literal keys are
 * compared without regard to case; then, with {@code hostnames}, wildcards; then regexes in the
 * order of the file; then {@code default}, which is "" where it is not given. Evaluated when used,
 * and once for a request unless it is {@code volatile}.
 */
public final class MapVariable implements Variable {
  private static final Logger LOG = LoggerFactory.getLogger(MapVariable.class);

  private record Expression(CapturingRegex regex, Template value) {}

  /** Collects the lines of one {@code map} block. */
  public static final class Builder {
    private final VariableTable table;
    private final Template source;
    private final Map<String, Template> literals = new HashMap<>();
    private final HostNames<Template> wildcards = new HostNames<>();
    private final List<Expression> expressions = new ArrayList<>();
    private Template fallback = Template.constant("");
    private boolean hostnames;
    private boolean cached = true;

    private Builder(VariableTable table, Template source) {
      this.table = table;
      this.source = source;
    }

    /** {@code hostnames}: keys given afterwards may be {@code *.a}, {@code .a} or {@code a.*}. */
    public Builder hostnames() {
      hostnames = true;
      return this;
    }

    /** {@code volatile}. */
    public Builder notCached() {
      cached = false;
      return this;
    }

    /**
     * A line with a literal key.
     *
     * @return whether it is new; nginx refuses a second one: conflicting parameter
     */
    public boolean literal(String key, Template value) {
      String lower = key.toLowerCase(Locale.ROOT);
      if (literals.putIfAbsent(lower, value) != null) {
        return false;
      }
      if (hostnames) {
        wildcards.add(lower, value);
      }
      return true;
    }

    /** A line with a key {@code ~…} or {@code ~*…}; named groups become variables. */
    public Builder regex(Regex regex, Template value) {
      expressions.add(new Expression(CapturingRegex.of(regex, table), value));
      return this;
    }

    /** {@code default}. */
    public Builder fallback(Template value) {
      fallback = value;
      return this;
    }

    /** The variable, to be given to {@link VariableTable#compute}. */
    public MapVariable build() {
      return new MapVariable(this);
    }
  }

  private final Template source;
  private final Map<String, Template> literals;
  private final @Nullable HostNames<Template> wildcards;
  private final List<Expression> expressions;
  private final Template fallback;

  /** Where the value is kept, or -1. */
  private final int slot;

  private MapVariable(Builder builder) {
    source = builder.source;
    literals = Map.copyOf(builder.literals);
    wildcards = builder.hostnames ? builder.wildcards : null;
    expressions = List.copyOf(builder.expressions);
    fallback = builder.fallback;
    slot = builder.cached ? builder.table.anonymousSlot() : -1;
  }

  /** Starts {@code map source $…}. */
  public static Builder builder(VariableTable table, Template source) {
    return new Builder(table, source);
  }

  @Override
  public @Nullable String value(Scope scope) {
    String kept = slot < 0 ? null : scope.slot(slot);
    if (kept != null) {
      return kept;
    }
    if (!scope.enter()) {
      return null;
    }
    try {
      String value = chosen(scope, source.evaluate(scope)).evaluate(scope);
      if (slot >= 0) {
        scope.slot(slot, value);
      }
      return value;
    } finally {
      scope.leave();
    }
  }

  /** As nginx the default, where a regex cannot say whether it matches. */
  private Template chosen(Scope scope, String key) {
    try {
      return choose(scope, key);
    } catch (RegexLimitException undecided) {
      LOG.error("{}, while a \"map\" was looked up", undecided.getMessage());
      return fallback;
    }
  }

  private Template choose(Scope scope, String key) {
    Template found = literal(key.toLowerCase(Locale.ROOT));
    if (found != null) {
      return found;
    }
    for (Expression expression : expressions) {
      if (expression.regex.find(key, scope)) {
        return expression.value;
      }
    }
    return fallback;
  }

  private @Nullable Template literal(String lower) {
    if (wildcards == null) {
      return literals.get(lower);
    }
    // nginx ignores a host's trailing dot.
    String host = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    LocationMatch<Template> match = wildcards.find(host);
    return match == null ? null : match.found();
  }
}
