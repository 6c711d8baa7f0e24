package org.culvert.observe;

import java.time.Duration;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/**
 * One {@code access_log}.
 *
 * @param path the file, absolute; or {@link AccessLog#LOGGER} where lines go to that SLF4J logger,
 *     in a WAR that names no file; of a name with variables the text of the configuration
 * @param format the line, compiled with a {@link LogEscaping}
 * @param condition {@code if=}: not logged when "0" or empty; null always
 * @param buffering {@code buffer=}, {@code flush=} and {@code gzip=}
 * @param named where the name has variables; else null
 */
public record AccessLogSettings(
    String path,
    Template format,
    @Nullable Template condition,
    Buffering buffering,
    @Nullable Named named) {

  /** A log without buffering or variables in its name. */
  public AccessLogSettings(String path, Template format, @Nullable Template condition) {
    this(path, format, condition, Buffering.NONE, null);
  }

  /**
   * When lines are written, and how.
   *
   * @param size bytes that wait before they are written; 0 for none, each line goes out as it comes
   * @param flush how long a line waits at most; zero without end
   * @param gzipLevel 1 to 9 where what is written together is a gzip member; 0 for text
   */
  public record Buffering(int size, Duration flush, int gzipLevel) {
    /** Lines go out as they come. */
    public static final Buffering NONE = new Buffering(0, Duration.ZERO, 0);
  }

  /**
   * A name with variables.
   *
   * @param path the file's name
   * @param root a folder that must be there, or the line is not written: the request's root
   * @param cache {@code open_log_file_cache}
   */
  public record Named(Template path, Template root, OpenFiles cache) {}

  /**
   * {@code open_log_file_cache}.
   *
   * @param max how many files stay open; 0 for none
   * @param inactive how long one stays open without being written to
   * @param minUses how often one must have been written to, to stay open
   * @param valid after how long is looked whether the name still leads to it
   */
  public record OpenFiles(int max, Duration inactive, int minUses, Duration valid) {
    /** Each file is opened for each line. */
    public static final OpenFiles OFF = new OpenFiles(0, Duration.ZERO, 1, Duration.ZERO);
  }
}
