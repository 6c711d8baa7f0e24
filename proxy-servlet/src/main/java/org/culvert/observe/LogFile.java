package org.culvert.observe;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.GZIPOutputStream;
import org.culvert.http.Octets;
import org.culvert.observe.AccessLogSettings.Buffering;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A log file that lines are appended to. One per path in the process, shared by reference count and
 * written by one thread, so that no request waits for the disk: lines wait in memory, at most
 * {@value #BOUND} bytes of them, beyond which they are dropped and counted. A batch is written with
 * one call as soon as the one before is done, or with {@code buffer=} when there is enough of it or
 * its first line has waited for {@code flush=}.
 */
final class LogFile {
  private static final Logger LOG = LoggerFactory.getLogger(LogFile.class);
  private static final int BOUND = 16 * 1024 * 1024;
  private static final Map<Path, LogFile> OPEN = new HashMap<>();

  private final Path path;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Thread writer;

  /** Under the class's lock. */
  private int references = 1;

  /** Under {@link #lock}, as all below. */
  private List<String> waiting = new ArrayList<>();

  private int waitingBytes;
  private long dropped;

  /** When the first of the lines that wait came, {@link System#nanoTime}. */
  private long waitingSince;

  private Buffering buffering = Buffering.NONE;

  /** How many of the lines that wait are the old file's still; -1 where it is not opened anew. */
  private int reopenAfter = -1;

  private boolean closing;

  /** The writer's alone. */
  private FileChannel channel;

  /** The exception's message is nginx's. */
  private LogFile(Path path) throws IOException {
    this.path = path;
    try {
      this.channel = openChannel(path);
    } catch (IOException e) {
      throw new IOException("open() \"" + path + "\" failed " + Errno.of(e), e);
    }
    this.writer = new Thread(this::write, "culvert-log " + path.getFileName());
    writer.setDaemon(true);
    // The writer outlives the request, perhaps the application, that opened the file.
    writer.setContextClassLoader(LogFile.class.getClassLoader());
    writer.start();
  }

  /** Opens a file for appending, or shares it. Each call is followed by one {@link #release}. */
  static LogFile open(String name, Buffering buffering) throws IOException {
    Path path = Path.of(name).toAbsolutePath().normalize();
    synchronized (OPEN) {
      LogFile file = OPEN.get(path);
      if (file == null) {
        file = new LogFile(path);
        OPEN.put(path, file);
      } else {
        file.references++;
      }
      file.become(buffering);
      return file;
    }
  }

  private void become(Buffering now) {
    lock.lock();
    try {
      buffering = now;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Opens all files anew by their names, after they were moved away: {@code -s reopen}, USR1. */
  static void reopenAll() {
    synchronized (OPEN) {
      for (LogFile file : OPEN.values()) {
        file.lock.lock();
        try {
          file.reopenAfter = file.waiting.size();
          file.changed.signalAll();
        } finally {
          file.lock.unlock();
        }
      }
    }
  }

  /** Takes a line of octets, without its line end. */
  void append(String line) {
    lock.lock();
    try {
      if (waitingBytes + line.length() > BOUND) {
        dropped++;
        return;
      }
      waiting.add(line);
      waitingBytes += line.length() + 1;
      boolean first = waiting.size() == 1;
      if (first) {
        waitingSince = System.nanoTime();
      }
      if (first || (buffering.size() > 0 && waitingBytes >= buffering.size())) {
        // Before a later line the writer is awake, or about to look.
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Gives the file back. The last one to do so waits until everything is written. */
  void release() {
    synchronized (OPEN) {
      references--;
      if (references > 0) {
        return;
      }
      OPEN.remove(path);
    }
    lock.lock();
    try {
      closing = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      writer.join(5_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write() {
    try {
      for (Batch batch = next(); batch != null; batch = next()) {
        write(batch);
      }
    } catch (InterruptedException e) {
      LOG.warn("access log {} was interrupted", path);
    } finally {
      closeChannel();
    }
  }

  /**
   * What the writer does next.
   *
   * @param old how many of the lines go into the file as it is, before it is opened anew; -1 where
   *     it is not
   */
  private record Batch(List<String> lines, long dropped, int old, int gzipLevel) {}

  private @Nullable Batch next() throws InterruptedException {
    lock.lock();
    try {
      for (long wait = patience(); wait > 0; wait = patience()) {
        changed.awaitNanos(wait);
      }
      if (waiting.isEmpty() && reopenAfter < 0) {
        return null;
      }
      Batch batch = new Batch(waiting, dropped, reopenAfter, buffering.gzipLevel());
      waiting = new ArrayList<>();
      waitingBytes = 0;
      dropped = 0;
      reopenAfter = -1;
      return batch;
    } finally {
      lock.unlock();
    }
  }

  /** For how many nanoseconds there is nothing to do; 0 or less where there is. */
  private long patience() {
    if (reopenAfter >= 0 || closing) {
      return 0;
    }
    if (waiting.isEmpty()) {
      return Long.MAX_VALUE;
    }
    if (waitingBytes >= buffering.size()) {
      return 0;
    }
    Duration flush = buffering.flush();
    return flush.isZero() ? Long.MAX_VALUE : waitingSince + flush.toNanos() - System.nanoTime();
  }

  private void write(Batch batch) {
    if (batch.dropped > 0) {
      LOG.error("access log {} is too slow: {} lines dropped", path, batch.dropped);
    }
    try {
      int old = Math.max(batch.old, 0);
      write(batch.lines.subList(0, old), batch.gzipLevel);
      if (batch.old >= 0) {
        FileChannel fresh = openChannel(path);
        closeChannel();
        channel = fresh;
      }
      write(batch.lines.subList(old, batch.lines.size()), batch.gzipLevel);
    } catch (IOException e) {
      LOG.error("access log {} cannot be written: {}", path, e.toString());
    }
  }

  private void write(List<String> lines, int gzipLevel) throws IOException {
    if (!lines.isEmpty()) {
      byte[] text = text(lines);
      ByteBuffer bytes = ByteBuffer.wrap(gzipLevel == 0 ? text : gzip(text, gzipLevel));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }

  /** The lines with their ends. */
  static byte[] text(List<String> lines) {
    int length = 0;
    for (String line : lines) {
      length += line.length() + 1;
    }
    ByteBuffer bytes = ByteBuffer.allocate(length);
    for (String line : lines) {
      bytes.put(Octets.bytes(line)).put((byte) '\n');
    }
    return bytes.array();
  }

  private static byte[] gzip(byte[] text, int level) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream(text.length / 4 + 32);
    try (GZIPOutputStream gzip =
        new GZIPOutputStream(out) {
          {
            def.setLevel(level);
          }
        }) {
      gzip.write(text);
    }
    return out.toByteArray();
  }

  private void closeChannel() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.error("access log {} cannot be closed: {}", path, e.toString());
    }
  }

  static FileChannel openChannel(Path path) throws IOException {
    return FileChannel.open(
        path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }
}
