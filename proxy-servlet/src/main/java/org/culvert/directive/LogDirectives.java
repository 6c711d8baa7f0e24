package org.culvert.directive;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Position;
import org.culvert.conf.Units;
import org.culvert.conf.Word;
import org.culvert.http.Octets;
import org.culvert.observe.AccessLog;
import org.culvert.observe.AccessLogSettings;
import org.culvert.observe.LogEscaping;
import org.culvert.observe.LogFormats;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/** {@code log_format} and {@code access_log}. */
final class LogDirectives {
  private static final Setting<List<AccessLogSettings>> LOGS = new Setting<>("access_log");

  private static final Setting<Map<String, Template>> FORMATS = new Setting<>("log_format");

  private LogDirectives() {}

  static void define(DirectiveTable table) {
    table.define("log_format", LogDirectives::logFormat);
    table.define("access_log", LogDirectives::accessLog);
  }

  /** The logs of a location; nginx's default is one in the combined format. */
  static List<AccessLogSettings> accessLogs(Level level, Reading reading)
      throws ConfigurationException {
    List<AccessLogSettings> logs = level.find(LOGS);
    if (logs != null) {
      return List.copyOf(logs);
    }
    boolean ownsFiles = reading.options().form() == ConfigurationReader.Form.LAUNCHER;
    String target = ownsFiles ? Octets.text(reading.path("logs/access.log")) : AccessLog.LOGGER;
    return List.of(new AccessLogSettings(target, combined(reading), null));
  }

  private static void logFormat(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    if (directive.arity() < 2) {
      throw directive.error("invalid number of arguments in \"log_format\" directive");
    }
    String name = directive.arg(1);
    LogEscaping escape = LogEscaping.DEFAULT;
    StringBuilder format = new StringBuilder();
    for (int i = 2; i <= directive.arity(); i++) {
      String word = directive.arg(i);
      if (i == 2 && word.startsWith("escape=")) {
        escape = escaping(directive, word.substring("escape=".length()));
      } else {
        format.append(word);
      }
    }
    if (name.equals("combined")
        || level.addTo(
                FORMATS,
                name,
                reading.template(new Word(format.toString(), directive.position()), escape))
            != null) {
      throw directive.error("duplicate \"log_format\" name \"" + name + "\"");
    }
  }

  private static LogEscaping escaping(Directive directive, String name)
      throws ConfigurationException {
    return switch (name) {
      case "default" -> LogEscaping.DEFAULT;
      case "json" -> LogEscaping.JSON;
      case "none" -> LogEscaping.NONE;
      default -> throw directive.error("unknown log format escaping \"" + name + "\"");
    };
  }

  private static void accessLog(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    List<AccessLogSettings> logs = level.own(LOGS);
    if (logs == null) {
      logs = new ArrayList<>();
      level.put(LOGS, logs);
    }
    String target = directive.arg(1);
    if (target.equals("off")) {
      if (directive.arity() > 1) {
        throw Setter.invalidParameter(directive, directive.arg(2));
      }
      // As in nginx "off" cancels every other log of its level.
      level.put(LOGS, List.of());
      return;
    }
    if (target.startsWith("syslog:")) {
      throw directive.error("\"access_log\" to \"" + target + "\" is not supported");
    }
    Template format = format(directive, level, reading);
    Template condition = parameters(directive, reading);
    if (logs instanceof ArrayList) {
      logs.add(new AccessLogSettings(Octets.text(reading.path(target)), format, condition));
    }
  }

  /** Reads what follows the format; buffering has no effect, lines go out as they come. */
  private static @Nullable Template parameters(Directive directive, Reading reading)
      throws ConfigurationException {
    Template condition = null;
    for (int i = 3; i <= directive.arity(); i++) {
      String word = directive.arg(i);
      if (word.startsWith("if=")) {
        Word text = new Word(word.substring(3), directive.words().get(i).position());
        condition = reading.template(text);
      } else if (word.startsWith("buffer=")) {
        if (Units.size(word.substring(7)).orElse(0) == 0) {
          throw directive.error("invalid buffer size \"" + word.substring(7) + "\"");
        }
      } else if (word.startsWith("flush=")) {
        if (Units.milliseconds(word.substring(6)) == null) {
          throw directive.error("invalid flush time \"" + word.substring(6) + "\"");
        }
      } else {
        throw Setter.invalidParameter(directive, word);
      }
    }
    return condition;
  }

  private static Template format(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    String name = directive.arity() > 1 ? directive.arg(2) : "combined";
    if (name.equals("combined")) {
      return combined(reading);
    }
    Template format = level.get(FORMATS, Map.of()).get(name);
    if (format == null) {
      throw directive.error("unknown log format \"" + name + "\"");
    }
    return format;
  }

  private static Template combined(Reading reading) throws ConfigurationException {
    return reading.template(
        new Word(LogFormats.COMBINED, new Position("combined", 0)), LogEscaping.DEFAULT);
  }
}
