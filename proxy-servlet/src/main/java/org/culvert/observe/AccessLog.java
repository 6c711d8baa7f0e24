package org.culvert.observe;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.culvert.http.Octets;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The access logs of one location at work. {@link #log} may be called by any thread and does not
 * wait for the disk.
 */
public final class AccessLog implements AutoCloseable {
  /** Where lines go whose path is {@link #LOGGER}. */
  public static final String LOGGER = "org.culvert.access";

  private static final Logger SLF4J = LoggerFactory.getLogger(LOGGER);

  /**
   * One destination: a file, one of a name with variables, or the logger where there is neither.
   */
  private record Sink(AccessLogSettings settings, @Nullable LogFile file) {}

  private final List<Sink> sinks = new ArrayList<>();

  /**
   * Opens the logs; files that another one has open are shared.
   *
   * @throws IOException for a file that cannot be written; nothing stays open then
   */
  public AccessLog(List<AccessLogSettings> settings) throws IOException {
    try {
      for (AccessLogSettings one : settings) {
        boolean isFile = one.named() == null && !one.path().equals(LOGGER);
        if (one.named() != null) {
          NamedLogs.hold();
        }
        sinks.add(new Sink(one, isFile ? LogFile.open(one.path(), one.buffering()) : null));
      }
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /** Opens the files of all logs anew by their names: {@code -s reopen}, USR1. */
  public static void reopenAll() {
    LogFile.reopenAll();
    NamedLogs.reopenAll();
  }

  /** Writes the line of a request that has ended to every log whose condition holds. */
  public void log(Scope scope) {
    for (Sink sink : sinks) {
      AccessLogSettings settings = sink.settings;
      if (!holds(settings.condition(), scope)) {
        continue;
      }
      String line = settings.format().evaluate(scope);
      if (sink.file != null) {
        sink.file.append(line);
      } else if (settings.named() != null) {
        NamedLogs.append(settings.named(), line, scope);
      } else {
        SLF4J.info("{}", Octets.text(line));
      }
    }
  }

  private static boolean holds(@Nullable Template condition, Scope scope) {
    if (condition == null) {
      return true;
    }
    String value = condition.evaluate(scope);
    return !value.isEmpty() && !value.equals("0");
  }

  /** Gives the files back; the last one who does closes them, everything written. */
  @Override
  public void close() {
    for (Sink sink : sinks) {
      if (sink.file != null) {
        sink.file.release();
      } else if (sink.settings.named() != null) {
        NamedLogs.release();
      }
    }
    sinks.clear();
  }
}
