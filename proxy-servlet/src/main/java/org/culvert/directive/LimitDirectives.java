package org.culvert.directive;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Units;
import org.culvert.limit.ConnectionLimits;
import org.culvert.limit.Limits;
import org.culvert.limit.RateLimits;
import org.culvert.limit.RequestLimits;
import org.culvert.limit.Severity;
import org.culvert.limit.ZoneSettings;
import org.culvert.limit.ZoneSettings.Kind;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/**
 * {@code limit_req} and {@code limit_conn} with their zones, and {@code limit_rate}. Limits are
 * inherited only by a level that has none of its kind.
 */
final class LimitDirectives {
  private static final Setting<List<RequestUse>> REQUESTS = new Setting<>("limit_req");
  private static final Setting<List<ConnectionUse>> CONNECTIONS = new Setting<>("limit_conn");
  private static final Setting<Integer> REQUESTS_STATUS = new Setting<>("limit_req_status");
  private static final Setting<Integer> CONNECTIONS_STATUS = new Setting<>("limit_conn_status");
  private static final Setting<Severity> REQUESTS_LEVEL = new Setting<>("limit_req_log_level");
  private static final Setting<Severity> CONNECTIONS_LEVEL = new Setting<>("limit_conn_log_level");
  private static final Setting<Boolean> REQUESTS_DRY_RUN = new Setting<>("limit_req_dry_run");
  private static final Setting<Boolean> CONNECTIONS_DRY_RUN = new Setting<>("limit_conn_dry_run");

  private static final Setting<Template> RATE = new Setting<>("limit_rate");
  private static final Setting<Template> RATE_AFTER = new Setting<>("limit_rate_after");

  private static final Map<String, Severity> LEVELS =
      Map.of(
          "info", Severity.INFO,
          "notice", Severity.NOTICE,
          "warn", Severity.WARN,
          "error", Severity.ERROR);

  /** nginx's {@code 8 * ngx_pagesize}. */
  private static final long SMALLEST_ZONE = 32 * 1024;

  private static final int MOST_CONNECTIONS = 65535;
  private static final int UNAVAILABLE = 503;

  private record RequestUse(String zone, long burst, long undelayed) {}

  private record ConnectionUse(String zone, int most) {}

  private LimitDirectives() {}

  static void define(DirectiveTable table) {
    table.define("limit_req_zone", LimitDirectives::requestZone);
    table.define("limit_req", LimitDirectives::requests);
    table.define("limit_req_status", status(REQUESTS_STATUS));
    table.define("limit_req_log_level", Setter.choice(REQUESTS_LEVEL, LEVELS));
    table.define("limit_req_dry_run", Setter.flag(REQUESTS_DRY_RUN));
    table.define("limit_rate", size(RATE));
    table.define("limit_rate_after", size(RATE_AFTER));
    table.define("limit_conn_zone", LimitDirectives::connectionZone);
    table.define("limit_conn", LimitDirectives::connections);
    table.define("limit_conn_status", status(CONNECTIONS_STATUS));
    table.define("limit_conn_log_level", Setter.choice(CONNECTIONS_LEVEL, LEVELS));
    table.define("limit_conn_dry_run", Setter.flag(CONNECTIONS_DRY_RUN));
  }

  /** nginx's {@code ngx_http_set_complex_value_size_slot}. */
  static Setter size(Setting<Template> setting) {
    return (directive, level, reading) -> {
      Template size = reading.template(directive, 1);
      level.putOnce(setting, size, directive);
      if (size.isConstant() && Units.size(directive.arg(1)).isEmpty()) {
        throw Setter.invalidValue(directive);
      }
    };
  }

  private static Setter status(Setting<Integer> setting) {
    Setter number = Setter.number(setting);
    return (directive, level, reading) -> {
      number.set(directive, level, reading);
      int status = level.get(setting, UNAVAILABLE);
      if (status < 400 || status > 599) {
        throw directive.error("value must be between 400 and 599");
      }
    };
  }

  /** All limits of a level. */
  static Limits limits(Level level, Reading reading) throws ConfigurationException {
    List<RequestLimits.Limit> requests = new ArrayList<>();
    for (RequestUse use : level.get(REQUESTS, List.of())) {
      requests.add(
          new RequestLimits.Limit(reading.zones().get(use.zone), use.burst, use.undelayed));
    }
    List<ConnectionLimits.Limit> connections = new ArrayList<>();
    for (ConnectionUse use : level.get(CONNECTIONS, List.of())) {
      connections.add(new ConnectionLimits.Limit(reading.zones().get(use.zone), use.most));
    }
    return new Limits(
        new RequestLimits(
            List.copyOf(requests),
            level.get(REQUESTS_STATUS, UNAVAILABLE),
            level.get(REQUESTS_LEVEL, Severity.ERROR),
            level.get(REQUESTS_DRY_RUN, false)),
        new ConnectionLimits(
            List.copyOf(connections),
            level.get(CONNECTIONS_STATUS, UNAVAILABLE),
            level.get(CONNECTIONS_LEVEL, Severity.ERROR),
            level.get(CONNECTIONS_DRY_RUN, false)),
        new RateLimits(level.find(RATE), level.find(RATE_AFTER)));
  }

  private static void requestZone(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    ZoneRoom room = null;
    long rate = 1_000;
    for (int i = 2; i <= directive.arity(); i++) {
      String parameter = directive.arg(i);
      if (parameter.startsWith("zone=")) {
        room = ZoneRoom.of(parameter, directive);
      } else if (parameter.startsWith("rate=")) {
        rate = rate(parameter, directive);
      } else {
        throw Setter.invalidParameter(directive, parameter);
      }
    }
    declare(Kind.REQUESTS, room, rate, directive, reading);
  }

  private static void connectionZone(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    String parameter = directive.arg(2);
    if (!parameter.startsWith("zone=")) {
      throw Setter.invalidParameter(directive, parameter);
    }
    declare(Kind.CONNECTIONS, ZoneRoom.of(parameter, directive), 0, directive, reading);
  }

  private static void declare(
      Kind kind, @Nullable ZoneRoom room, long rate, Directive directive, Reading reading)
      throws ConfigurationException {
    if (room == null || room.name.isEmpty()) {
      throw withoutZone(directive);
    }
    reading
        .zones()
        .declare(
            new ZoneSettings(kind, room.name, reading.template(directive, 1), room.size, rate),
            directive);
  }

  private static ConfigurationException withoutZone(Directive directive) {
    return directive.error("\"" + directive.name() + "\" must have \"zone\" parameter");
  }

  /** {@code zone=name:size}. */
  private record ZoneRoom(String name, long size) {
    static ZoneRoom of(String parameter, Directive directive) throws ConfigurationException {
      String text = parameter.substring("zone=".length());
      int colon = text.indexOf(':');
      OptionalLong size = colon < 0 ? OptionalLong.empty() : Units.size(text.substring(colon + 1));
      if (size.isEmpty()) {
        throw directive.error("invalid zone size \"" + parameter + "\"");
      }
      if (size.getAsLong() < SMALLEST_ZONE) {
        throw directive.error("zone \"" + parameter + "\" is too small");
      }
      return new ZoneRoom(text.substring(0, colon), size.getAsLong());
    }
  }

  /** In thousandths of a request in a second. */
  private static long rate(String parameter, Directive directive) throws ConfigurationException {
    String text = parameter.substring("rate=".length());
    boolean perMinute = text.endsWith("r/m");
    OptionalLong rate =
        Units.size(perMinute || text.endsWith("r/s") ? text.substring(0, text.length() - 3) : text);
    if (rate.orElse(0) <= 0 || rate.getAsLong() > Long.MAX_VALUE / 1_000) {
      throw directive.error("invalid rate \"" + parameter + "\"");
    }
    return rate.getAsLong() * 1_000 / (perMinute ? 60 : 1);
  }

  private static void requests(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    String zone = null;
    long burst = 0;
    long undelayed = 0;
    for (int i = 1; i <= directive.arity(); i++) {
      String parameter = directive.arg(i);
      if (parameter.startsWith("zone=")) {
        zone = parameter.substring("zone=".length());
        reading.zones().use(zone, Kind.REQUESTS, directive);
      } else if (parameter.startsWith("burst=")) {
        burst = thousandths(parameter, "burst", directive);
      } else if (parameter.startsWith("delay=")) {
        undelayed = thousandths(parameter, "delay", directive);
      } else if (parameter.equals("nodelay")) {
        undelayed = Long.MAX_VALUE;
      } else {
        throw Setter.invalidParameter(directive, parameter);
      }
    }
    if (zone == null) {
      throw withoutZone(directive);
    }
    String name = zone;
    List<RequestUse> own = level.own(REQUESTS);
    if (own != null && own.stream().anyMatch(other -> other.zone.equals(name))) {
      throw Setter.duplicate(directive);
    }
    level.add(REQUESTS, new RequestUse(zone, burst, undelayed));
  }

  private static long thousandths(String parameter, String what, Directive directive)
      throws ConfigurationException {
    OptionalInt number = Units.number(parameter.substring(what.length() + 1));
    if (number.orElse(0) <= 0) {
      throw directive.error("invalid " + what + " value \"" + parameter + "\"");
    }
    return number.getAsInt() * 1_000L;
  }

  private static void connections(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    String zone = directive.arg(1);
    reading.zones().use(zone, Kind.CONNECTIONS, directive);
    List<ConnectionUse> own = level.own(CONNECTIONS);
    if (own != null && own.stream().anyMatch(other -> other.zone.equals(zone))) {
      throw Setter.duplicate(directive);
    }
    OptionalInt most = Units.number(directive.arg(2));
    if (most.orElse(0) <= 0) {
      throw directive.error("invalid number of connections \"" + directive.arg(2) + "\"");
    }
    if (most.getAsInt() > MOST_CONNECTIONS) {
      throw directive.error("connection limit must be less 65536");
    }
    level.add(CONNECTIONS, new ConnectionUse(zone, most.getAsInt()));
  }
}
