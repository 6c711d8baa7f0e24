package org.culvert.launcher;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The error log of the process ({@code error_log}), in nginx's format: {@code 2026/11/22 15:00:00
 * [error] 4711#12: message}. There is one for the process, because SLF4J's loggers are the
 * process's. Until it is opened, while the configuration is read or tested, warnings and graver
 * lines go to stderr as {@code nginx: [warn] message}, and all are kept for the log to begin with.
 * Safe for use by any thread; a line is written whole.
 */
final class ErrorLog {
  /** nginx's levels, the gravest first. */
  enum Level {
    EMERG,
    ALERT,
    CRIT,
    ERROR,
    WARN,
    NOTICE,
    INFO,
    DEBUG;

    /** The level of that name in a configuration; {@code error}, nginx's default, for any other. */
    static Level of(String name) {
      for (Level level : values()) {
        if (level.text.equals(name)) {
          return level;
        }
      }
      return ERROR;
    }

    private final String text = name().toLowerCase(Locale.ROOT);

    @Override
    public String toString() {
      return text;
    }
  }

  private static final ErrorLog PROCESS = new ErrorLog();
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy/MM/dd HH:mm:ss");

  private final OutputStream stderr = new FileOutputStream(FileDescriptor.err);
  private final long pid = ProcessHandle.current().pid();
  private OutputStream out = stderr;
  private @Nullable Path file;
  private @Nullable List<EarlyLine> early = new ArrayList<>();
  private volatile Level threshold = Level.DEBUG;

  /** What was said before the log was opened. */
  private record EarlyLine(Level level, String message) {}

  private ErrorLog() {}

  /** The process's one. */
  static ErrorLog process() {
    return PROCESS;
  }

  /**
   * Begins in a file ({@code -e}), beside stderr, until the configuration has told where the log
   * is.
   *
   * @throws IOException when the file cannot be opened
   */
  synchronized void begin(Path first) throws IOException {
    out = append(first);
    file = first;
  }

  /** Says why nothing starts: on stderr, and in the log where that is a file. */
  synchronized void refuse(String message) {
    if (early == null) {
      println(stderr, "nginx: [%s] %s%n".formatted(Level.EMERG, message));
    }
    if (early != null || file != null) {
      writeLine(Level.EMERG, message);
    }
  }

  /**
   * Goes on in another place.
   *
   * @param newFile the file to append to, made when it is not there; null for stderr
   * @param level the least grave level that is written
   * @throws IOException when the file cannot be opened; the log then stays where it was
   */
  synchronized void open(@Nullable Path newFile, Level level) throws IOException {
    threshold = level;
    boolean stays = newFile != null && newFile.equals(file);
    if (!stays) {
      replace(newFile == null ? stderr : append(newFile));
      file = newFile;
    }
    List<EarlyLine> kept = early == null ? List.of() : early;
    early = null;
    for (EarlyLine line : kept) {
      if (!stays || line.level().compareTo(Level.NOTICE) > 0) {
        write(line.level(), line.message());
      }
    }
  }

  /** Opens the file anew, after a log rotation has renamed it. */
  synchronized void reopen() throws IOException {
    if (file != null) {
      replace(append(file));
    }
  }

  private static OutputStream append(Path path) throws IOException {
    return Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private void replace(OutputStream next) throws IOException {
    OutputStream previous = out;
    out = next;
    if (previous != stderr && previous != next) {
      previous.close();
    }
  }

  /** Whether a line of this level is written. */
  boolean takes(Level level) {
    return level.compareTo(threshold) <= 0;
  }

  /** Writes a line if the level is grave enough. */
  void write(Level level, String message) {
    if (takes(level)) {
      writeLine(level, message);
    }
  }

  private synchronized void writeLine(Level level, String message) {
    if (early != null) {
      early.add(new EarlyLine(level, message));
      if (level.compareTo(Level.WARN) <= 0) {
        println(stderr, "nginx: [%s] %s%n".formatted(level, message));
      }
      if (file == null || level.compareTo(Level.NOTICE) > 0) {
        return;
      }
    }
    println(
        out,
        "%s [%s] %d#%d: %s%n"
            .formatted(
                TIME.format(LocalDateTime.now()),
                level,
                pid,
                Thread.currentThread().getId(),
                message));
  }

  private static void println(OutputStream to, String line) {
    try {
      to.write(line.getBytes(StandardCharsets.UTF_8));
    } catch (IOException full) {
      // A log that cannot be written (a full disk) must not stop the proxy, and there is nowhere to
      // say so.
    }
  }
}
