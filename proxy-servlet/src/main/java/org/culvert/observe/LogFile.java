package org.culvert.observe;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.culvert.http.Octets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A log file that lines are appended to. One per path in the process, shared by reference count and
 * written by one thread, so that no request waits for the disk: lines wait in memory, at most
 * {@value #BOUND} bytes of them, beyond which they are dropped and counted. A batch is written with
 * one call as soon as the one before is done.
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
  private boolean reopen;
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
  static LogFile open(String name) throws IOException {
    Path path = Path.of(name).toAbsolutePath().normalize();
    synchronized (OPEN) {
      LogFile file = OPEN.get(path);
      if (file == null) {
        file = new LogFile(path);
        OPEN.put(path, file);
      } else {
        file.references++;
      }
      return file;
    }
  }

  /** Opens all files anew by their names, after they were moved away: {@code -s reopen}, USR1. */
  static void reopenAll() {
    synchronized (OPEN) {
      for (LogFile file : OPEN.values()) {
        file.lock.lock();
        try {
          file.reopen = true;
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
      if (waiting.size() == 1) {
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

  /** What the writer does next: lines to write, and whether to open the file anew first. */
  private record Batch(List<String> lines, int bytes, long dropped, boolean reopen) {}

  private @Nullable Batch next() throws InterruptedException {
    lock.lock();
    try {
      while (waiting.isEmpty() && !reopen && !closing) {
        changed.await();
      }
      if (waiting.isEmpty() && !reopen) {
        return null;
      }
      Batch batch = new Batch(waiting, waitingBytes, dropped, reopen);
      waiting = new ArrayList<>();
      waitingBytes = 0;
      dropped = 0;
      reopen = false;
      return batch;
    } finally {
      lock.unlock();
    }
  }

  private void write(Batch batch) {
    if (batch.dropped > 0) {
      LOG.error("access log {} is too slow: {} lines dropped", path, batch.dropped);
    }
    ByteBuffer bytes = ByteBuffer.allocate(batch.bytes);
    for (String line : batch.lines) {
      bytes.put(Octets.bytes(line)).put((byte) '\n');
    }
    bytes.flip();
    try {
      if (batch.reopen) {
        FileChannel fresh = openChannel(path);
        closeChannel();
        channel = fresh;
      }
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      LOG.error("access log {} cannot be written: {}", path, e.toString());
    }
  }

  private void closeChannel() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.error("access log {} cannot be closed: {}", path, e.toString());
    }
  }

  private static FileChannel openChannel(Path path) throws IOException {
    return FileChannel.open(
        path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }
}
