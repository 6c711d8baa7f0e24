package org.culvert.directive;

import java.time.Duration;
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
import org.culvert.observe.AccessLogSettings.Buffering;
import org.culvert.observe.AccessLogSettings.Named;
import org.culvert.observe.AccessLogSettings.OpenFiles;
import org.culvert.observe.LogEscaping;
import org.culvert.observe.LogFormats;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/** {@code log_format} and {@code access_log}. */
final class LogDirectives {
  private static final Setting<List<AccessLogSettings>> LOGS = new Setting<>("access_log");

  private static final Setting<Map<String, Template>> FORMATS = new Setting<>("log_format");

  private static final Setting<OpenFiles> OPEN_FILES = new Setting<>("open_log_file_cache");
  private static final int GZIP_BUFFER = 64 * 1024;
  private static final int LARGEST_BUFFER = 8 * 1024 * 1024;

  private LogDirectives() {}

  static void define(DirectiveTable table) {
    table.define("log_format", LogDirectives::logFormat);
    table.define("access_log", LogDirectives::accessLog);
    table.define("open_log_file_cache", LogDirectives::openFiles);
  }

  /** The logs of a location; nginx's default is one in the combined format. */
  static List<AccessLogSettings> accessLogs(Level level, Reading reading)
      throws ConfigurationException {
    List<AccessLogSettings> logs = level.find(LOGS);
    if (logs == null) {
      boolean ownsFiles = reading.options().form() == ConfigurationReader.Form.LAUNCHER;
      String target = ownsFiles ? Octets.text(reading.path("logs/access.log")) : AccessLog.LOGGER;
      logs = List.of(new AccessLogSettings(target, combined(reading), null));
    }
    OpenFiles files = level.get(OPEN_FILES, OpenFiles.OFF);
    return logs.stream().map(log -> completed(log, files, reading)).toList();
  }

  /** With what other lines say of the same file, and of files whose names have variables. */
  private static AccessLogSettings completed(
      AccessLogSettings log, OpenFiles files, Reading reading) {
    Named named = log.named();
    return new AccessLogSettings(
        log.path(),
        log.format(),
        log.condition(),
        reading.bufferings().getOrDefault(log.path(), Buffering.NONE),
        named == null ? null : new Named(named.path(), named.root(), files));
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
    Parameters parameters = Parameters.of(directive, reading);
    String path = Octets.text(reading.path(target));
    Template name = reading.template(directive.words().get(1).withText(reading.path(target)));
    Named named =
        name.isConstant()
            ? null
            : new Named(name, reading.template("$document_root"), OpenFiles.OFF);
    buffer(parameters.buffering(directive, named != null), path, directive, reading);
    if (logs instanceof ArrayList) {
      logs.add(new AccessLogSettings(path, format, parameters.condition, Buffering.NONE, named));
    }
  }

  /** One file is buffered in one way, or in one way and not at all. */
  private static void buffer(
      @Nullable Buffering buffering, String path, Directive directive, Reading reading)
      throws ConfigurationException {
    if (buffering != null) {
      Buffering before = reading.bufferings().putIfAbsent(path, buffering);
      if (before != null && !before.equals(buffering)) {
        throw directive.error(
            "access_log \"" + directive.arg(1) + "\" already defined with conflicting parameters");
      }
    }
  }

  /** What follows the format. */
  private static final class Parameters {
    private @Nullable Template condition;
    private int size;
    private Duration flush = Duration.ZERO;
    private int gzip;

    static Parameters of(Directive directive, Reading reading) throws ConfigurationException {
      Parameters parameters = new Parameters();
      for (int i = 3; i <= directive.arity(); i++) {
        String word = directive.arg(i);
        if (word.startsWith("if=")) {
          parameters.condition =
              reading.template(directive.words().get(i).withText(word.substring(3)));
        } else if (!parameters.takes(word, directive)) {
          throw Setter.invalidParameter(directive, word);
        }
      }
      return parameters;
    }

    private boolean takes(String word, Directive directive) throws ConfigurationException {
      if (word.startsWith("buffer=")) {
        size = (int) Math.min(Units.size(word.substring(7)).orElse(0), LARGEST_BUFFER);
        if (size == 0) {
          throw directive.error("invalid buffer size \"" + word.substring(7) + "\"");
        }
      } else if (word.startsWith("flush=")) {
        Duration time = Units.milliseconds(word.substring(6));
        if (time == null) {
          throw directive.error("invalid flush time \"" + word.substring(6) + "\"");
        }
        flush = time;
      } else if (word.equals("gzip") || word.startsWith("gzip=")) {
        gzip = word.equals("gzip") ? 1 : Units.number(word.substring(5)).orElse(0);
        size = size == 0 ? GZIP_BUFFER : size;
        if (gzip < 1 || gzip > 9) {
          throw directive.error("invalid compression level \"" + word.substring(5) + "\"");
        }
      } else {
        return false;
      }
      return true;
    }

    /** Null for none. */
    @Nullable Buffering buffering(Directive directive, boolean named)
        throws ConfigurationException {
      if (!flush.isZero() && size == 0) {
        throw directive.error("no buffer is defined for access_log \"" + directive.arg(1) + "\"");
      }
      if (size > 0 && named) {
        throw directive.error("buffered logs cannot have variables in name");
      }
      return size == 0 ? null : new Buffering(size, flush, gzip);
    }
  }

  private static void openFiles(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    level.requireUnset(OPEN_FILES, directive);
    int max = 0;
    int minUses = 1;
    Duration inactive = Duration.ofSeconds(10);
    Duration valid = Duration.ofSeconds(60);
    boolean off = false;
    for (Word argument : directive.args()) {
      String word = argument.text();
      Duration time = Units.seconds(word.substring(word.indexOf('=') + 1));
      int number = Units.number(word.substring(word.indexOf('=') + 1)).orElse(-1);
      if (word.startsWith("max=") && number >= 0) {
        max = number;
      } else if (word.startsWith("min_uses=") && number >= 0) {
        minUses = number;
      } else if (word.startsWith("inactive=") && time != null) {
        inactive = time;
      } else if (word.startsWith("valid=") && time != null) {
        valid = time;
      } else if (word.equals("off")) {
        off = true;
      } else {
        throw directive.error("invalid \"open_log_file_cache\" parameter \"" + word + "\"");
      }
    }
    if (!off && max == 0) {
      throw directive.error("\"open_log_file_cache\" must have \"max\" parameter");
    }
    level.put(OPEN_FILES, off ? OpenFiles.OFF : new OpenFiles(max, inactive, minUses, valid));
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
