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

  /** One destination: a file, or the logger where there is none. */
  private record Sink(Template format, @Nullable Template condition, @Nullable LogFile file) {}

  private final List<Sink> sinks = new ArrayList<>();

  /**
   * Opens the logs; files that another one has open are shared.
   *
   * @throws IOException for a file that cannot be written; nothing stays open then
   */
  public AccessLog(List<AccessLogSettings> settings) throws IOException {
    try {
      for (AccessLogSettings one : settings) {
        LogFile file = one.path().equals(LOGGER) ? null : LogFile.open(one.path());
        sinks.add(new Sink(one.format(), one.condition(), file));
      }
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /** Opens the files of all logs anew by their names: {@code -s reopen}, USR1. */
  public static void reopenAll() {
    LogFile.reopenAll();
  }

  /** Writes the line of a request that has ended to every log whose condition holds. */
  public void log(Scope scope) {
    for (Sink sink : sinks) {
      if (sink.condition != null) {
        String condition = sink.condition.evaluate(scope);
        if (condition.isEmpty() || condition.equals("0")) {
          continue;
        }
      }
      String line = sink.format.evaluate(scope);
      if (sink.file == null) {
        SLF4J.info("{}", Octets.text(line));
      } else {
        sink.file.append(line);
      }
    }
  }

  /** Gives the files back; the last one who does closes them, everything written. */
  @Override
  public void close() {
    for (Sink sink : sinks) {
      if (sink.file != null) {
        sink.file.release();
      }
    }
    sinks.clear();
  }
}
