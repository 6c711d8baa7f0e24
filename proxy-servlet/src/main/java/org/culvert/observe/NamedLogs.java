package org.culvert.observe;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.culvert.http.Octets;
import org.culvert.observe.AccessLogSettings.Named;
import org.culvert.observe.AccessLogSettings.OpenFiles;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The access logs whose names have variables. One thread of the process writes them all, so that no
 * request waits for the disk and no name costs a thread: lines wait in memory, at most {@value
 * #BOUND} bytes of them, beyond which they are dropped and said so.
 */
final class NamedLogs {
  private static final Logger LOG = LoggerFactory.getLogger(NamedLogs.class);
  private static final int BOUND = 16 * 1024 * 1024;
  private static final Pattern UP = Pattern.compile("(?<=^|/)\\.\\.(?=/|$)");
  private static final AtomicInteger WAITING = new AtomicInteger();

  /** Under the class's lock, as {@link #writer}. */
  private static int holders;

  private static @Nullable ThreadPoolExecutor writer;

  /** The writer's alone. */
  private static final Map<OpenFiles, OpenLogFiles> OPEN = new HashMap<>();

  private NamedLogs() {}

  /** Somebody is going to write. Each call is followed by one {@link #release}. */
  static synchronized void hold() {
    if (holders++ == 0) {
      ThreadPoolExecutor made =
          new ThreadPoolExecutor(
              1,
              1,
              10,
              TimeUnit.SECONDS,
              new LinkedBlockingQueue<>(),
              task -> {
                Thread thread = new Thread(task, "culvert-log names");
                thread.setDaemon(true);
                thread.setContextClassLoader(NamedLogs.class.getClassLoader());
                return thread;
              });
      made.allowCoreThreadTimeOut(true);
      writer = made;
    }
  }

  /** Nobody of those who asked last is going to write: waits until all is written. */
  static void release() {
    ThreadPoolExecutor ending;
    synchronized (NamedLogs.class) {
      if (--holders > 0) {
        return;
      }
      ending = writer;
      writer = null;
    }
    if (ending != null) {
      ending.execute(NamedLogs::closeAll);
      ending.shutdown();
      try {
        ending.awaitTermination(5, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Opens all files anew by their names. */
  static void reopenAll() {
    execute(NamedLogs::closeAll);
  }

  private static void closeAll() {
    OPEN.values().forEach(OpenLogFiles::close);
    OPEN.clear();
  }

  private static synchronized void execute(Runnable task) {
    if (writer != null) {
      writer.execute(task);
    }
  }

  /** Takes a line of octets, without its line end. */
  static void append(Named log, String line, Scope scope) {
    String name = Octets.text(log.path().evaluate(scope));
    Path root = path(Octets.text(log.root().evaluate(scope)));
    Path file = UP.matcher(name).results().count() > ups(log) ? null : path(name);
    if (file == null || root == null) {
      LOG.error("access log \"{}\" has no name that it may have", log.path().source());
      return;
    }
    int length = line.length() + 1;
    if (WAITING.addAndGet(length) > BOUND) {
      WAITING.addAndGet(-length);
      LOG.error("access log \"{}\" is too slow: a line was dropped", log.path().source());
      return;
    }
    try {
      execute(() -> write(log, root, file, line, length));
    } catch (RejectedExecutionException ended) {
      WAITING.addAndGet(-length);
    }
  }

  /** What the author of the configuration wrote may go up. */
  private static long ups(Named log) {
    return UP.matcher(log.path().source()).results().count();
  }

  private static @Nullable Path path(String name) {
    try {
      Path path = Path.of(name);
      return path.isAbsolute() ? path : null;
    } catch (InvalidPathException notANameHere) {
      return null;
    }
  }

  /** By the writer: as nginx no file is made for a request whose root is not there. */
  private static void write(Named log, Path root, Path file, String line, int length) {
    WAITING.addAndGet(-length);
    if (!Files.isDirectory(root)) {
      return;
    }
    try {
      OPEN.computeIfAbsent(log.cache(), OpenLogFiles::new)
          .write(file, ByteBuffer.wrap(LogFile.text(List.of(line))));
    } catch (IOException e) {
      LOG.error("open() \"{}\" failed {}", file, Errno.of(e));
    }
  }
}
