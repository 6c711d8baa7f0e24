package org.culvert.directive;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.directive.Setter.Buffers;
import org.culvert.encoding.CodedTypes;
import org.culvert.encoding.GzipClients;
import org.culvert.encoding.GzipClients.Proxied;
import org.culvert.encoding.GzipSettings;
import org.culvert.encoding.GzipSettings.Prepared;
import org.culvert.variable.Regex;

/** {@code gzip*}, {@code gzip_static} and {@code gunzip}. */
final class GzipDirectives {
  private static final Setting<Boolean> ON = new Setting<>("gzip");
  private static final Setting<Buffers> BUFFERS = new Setting<>("gzip_buffers");
  private static final Setting<Set<String>> TYPES = new Setting<>("gzip_types");
  private static final Setting<Integer> LEVEL = new Setting<>("gzip_comp_level");
  private static final Setting<Long> MIN_LENGTH = new Setting<>("gzip_min_length");
  private static final Setting<Boolean> VARY = new Setting<>("gzip_vary");
  private static final Setting<Boolean> HTTP_1_0 = new Setting<>("gzip_http_version");
  private static final Setting<Set<Proxied>> PROXIED = new Setting<>("gzip_proxied");
  private static final Setting<Disabled> DISABLE = new Setting<>("gzip_disable");
  private static final Setting<Prepared> PREPARED = new Setting<>("gzip_static");
  private static final Setting<Boolean> GUNZIP = new Setting<>("gunzip");

  private static final String HTML = "text/html";
  private static final String ALL = "*";
  private static final long DEFAULT_MIN_LENGTH = 20;
  private static final long SMALLEST_BUFFER = 1024;
  private static final long LARGEST_BUFFER = 16 * 1024;
  private static final Buffers ONE_BUFFER = new Buffers(1, LARGEST_BUFFER);

  private static final Map<String, Proxied> PROXIED_NAMES =
      Map.of(
          "expired", Proxied.EXPIRED,
          "no-cache", Proxied.NO_CACHE,
          "no-store", Proxied.NO_STORE,
          "private", Proxied.PRIVATE,
          "no_last_modified", Proxied.NO_LAST_MODIFIED,
          "no_etag", Proxied.NO_ETAG,
          "auth", Proxied.AUTH,
          "any", Proxied.ANY);

  /** {@code gzip_disable}. */
  private record Disabled(boolean msie6, List<Regex> agents) {}

  private GzipDirectives() {}

  static void define(DirectiveTable table) {
    table.define("gzip", Setter.flag(ON));
    table.define("gzip_buffers", Setter.buffers(BUFFERS));
    table.define("gzip_types", GzipDirectives::types);
    table.define("gzip_comp_level", GzipDirectives::level);
    table.define("gzip_min_length", Setter.size(MIN_LENGTH));
    table.define("gzip_vary", Setter.flag(VARY));
    table.define("gzip_http_version", Setter.choice(HTTP_1_0, Map.of("1.0", true, "1.1", false)));
    table.define("gzip_proxied", GzipDirectives::proxied);
    table.define("gzip_disable", GzipDirectives::disable);
    table.define(
        "gzip_static",
        Setter.choice(
            PREPARED, Map.of("off", Prepared.OFF, "on", Prepared.ON, "always", Prepared.ALWAYS)));
    table.define("gunzip", Setter.flag(GUNZIP));
  }

  /** What holds at a level. */
  static GzipSettings settings(Level level) {
    Set<String> types = level.get(TYPES, Set.of(HTML));
    Disabled disabled = level.get(DISABLE, new Disabled(false, List.of()));
    Set<Proxied> proxied = level.get(PROXIED, Set.of());
    return new GzipSettings(
        level.get(ON, false),
        level.get(LEVEL, 1),
        level.get(MIN_LENGTH, DEFAULT_MIN_LENGTH),
        new CodedTypes(types.contains(ALL), types),
        new GzipClients(level.get(HTTP_1_0, false), proxied, disabled.msie6, disabled.agents),
        level.get(VARY, false),
        bufferSize(level.get(BUFFERS, ONE_BUFFER)),
        level.get(PREPARED, Prepared.OFF),
        level.get(GUNZIP, false));
  }

  /** One of ours is as large as all of nginx's together, within bounds. */
  private static int bufferSize(Buffers buffers) {
    long all = buffers.number() * Math.min(buffers.size(), LARGEST_BUFFER);
    return (int) Math.max(SMALLEST_BUFFER, Math.min(LARGEST_BUFFER, all));
  }

  private static void level(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    Setter.number(LEVEL).set(directive, level, reading);
    int number = level.get(LEVEL, 1);
    if (number < 1 || number > 9) {
      throw directive.error("value must be between 1 and 9");
    }
  }

  /** A type that is named twice is warned of, {@code text/html} always being there. */
  private static void types(Directive directive, Level level, Reading reading) {
    Set<String> types = level.own(TYPES);
    if (types == null) {
      types = new HashSet<>(Set.of(HTML));
      level.put(TYPES, types);
    }
    for (int i = 1; i <= directive.arity() && !types.contains(ALL); i++) {
      String type = directive.arg(i).toLowerCase(Locale.ROOT);
      if (!types.add(type)) {
        warn("duplicate MIME type \"" + directive.arg(i) + "\"", directive, reading);
      }
    }
  }

  private static void proxied(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    Set<Proxied> proxied = level.own(PROXIED);
    if (proxied == null) {
      proxied = new HashSet<>();
      level.put(PROXIED, proxied);
    }
    boolean off = false;
    for (int i = 1; i <= directive.arity(); i++) {
      String name = directive.arg(i);
      Proxied permission = PROXIED_NAMES.get(name);
      off |= name.equals("off");
      if (permission == null && !name.equals("off")) {
        throw directive.error("invalid value \"" + name + "\"");
      }
      if (permission != null && !proxied.add(permission)) {
        warn("duplicate value \"" + name + "\"", directive, reading);
      }
    }
    if (off) {
      level.put(PROXIED, Set.of());
    }
  }

  private static void disable(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    Disabled before = level.own(DISABLE);
    boolean msie6 = before != null && before.msie6;
    List<Regex> agents = new ArrayList<>(before == null ? List.of() : before.agents);
    for (int i = 1; i <= directive.arity(); i++) {
      String agent = directive.arg(i);
      if (agent.equals("msie6")) {
        msie6 = true;
      } else if (!agent.equals("degradation")) {
        agents.add(reading.regex(agent, true, directive));
      }
    }
    level.put(DISABLE, new Disabled(msie6, List.copyOf(agents)));
  }

  private static void warn(String what, Directive directive, Reading reading) {
    reading.warnings().warn(what + " in " + directive.position());
  }
}
