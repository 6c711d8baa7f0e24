package org.culvert.directive;

import java.time.Duration;
import java.util.Set;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Word;
import org.culvert.directive.Configuration.ProcessSettings;
import org.culvert.http.Octets;
import org.jspecify.annotations.Nullable;

/**
 * What concerns the launcher's process: {@code pid}, {@code daemon}, {@code error_log} and so on.
 */
final class ProcessDirectives {
  private static final Setting<Word> PID = new Setting<>("pid");
  private static final Setting<Boolean> DAEMON = new Setting<>("daemon");
  private static final Setting<Duration> SHUTDOWN = new Setting<>("worker_shutdown_timeout");
  private static final Setting<ErrorLog> ERROR_LOG = new Setting<>("error_log");
  private static final Set<String> LEVELS =
      Set.of("debug", "info", "notice", "warn", "error", "crit", "alert", "emerg");

  private record ErrorLog(String file, String level) {}

  private ProcessDirectives() {}

  static void define(DirectiveTable table) {
    table.define("pid", Setter.word(PID));
    table.define("daemon", Setter.flag(DAEMON));
    table.define("worker_shutdown_timeout", Setter.time(SHUTDOWN));
    table.define("error_log", ProcessDirectives::errorLog);
    table.define("events", ProcessDirectives::events);
  }

  private static void events(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    if (!level.children(Context.EVENTS).isEmpty()) {
      throw Setter.duplicate(directive);
    }
    reading.block(directive, level.nested(Context.EVENTS, directive));
  }

  /** Several may be given; the first of the outermost level is the process's. */
  private static void errorLog(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    String target = directive.arg(1);
    if (target.startsWith("syslog:") || target.startsWith("memory:")) {
      throw directive.error("\"error_log\" to \"" + target + "\" is not supported");
    }
    String severity = "error";
    for (Word word : directive.args().subList(1, directive.arity())) {
      if (!LEVELS.contains(word.text())) {
        throw directive.error("invalid log level \"" + word.text() + "\"");
      }
      severity = word.text();
    }
    if (level.own(ERROR_LOG) == null) {
      String file = target.equals("stderr") ? target : reading.path(target);
      level.put(ERROR_LOG, new ErrorLog(file, severity));
    }
  }

  /**
   * The process's settings; of {@code error_log}s in inner levels the first one, where it is alone.
   */
  static ProcessSettings settings(Level main, @Nullable Level http, Reading reading) {
    Word pid = main.own(PID);
    ErrorLog log = main.own(ERROR_LOG);
    if (log == null && http != null) {
      log = http.own(ERROR_LOG);
    }
    return new ProcessSettings(
        pid == null ? null : Octets.text(reading.path(pid.text())),
        log == null ? null : Octets.text(log.file()),
        log == null ? "error" : log.level(),
        main.get(DAEMON, true),
        main.get(SHUTDOWN, Duration.ZERO),
        ClientDirectives.client(http == null ? main : http).keepalive());
  }
}
