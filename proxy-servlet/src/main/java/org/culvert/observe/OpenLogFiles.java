package org.culvert.observe;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.culvert.observe.AccessLogSettings.OpenFiles;
import org.jspecify.annotations.Nullable;

/**
 * Log files by their names, of which some stay open ({@code open_log_file_cache}): those written to
 * last. Of one thread.
 */
final class OpenLogFiles {
  private final OpenFiles rules;

  /** The one written to longest ago first. */
  private final Map<Path, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

  /** A name: how often it was used, and its file where that is open. */
  private static final class Entry {
    int uses;
    long lastUse;
    long lookedAt;
    @Nullable FileChannel channel;
    @Nullable Object key;
  }

  OpenLogFiles(OpenFiles rules) {
    this.rules = rules;
  }

  /** Appends to a file, which is made where it is not there. */
  void write(Path file, ByteBuffer bytes) throws IOException {
    long now = System.nanoTime();
    if (rules.max() == 0) {
      try (FileChannel channel = LogFile.openChannel(file)) {
        write(channel, bytes);
      }
      return;
    }
    forgetInactive(now);
    Entry entry = entries.computeIfAbsent(file, name -> new Entry());
    entry.lastUse = now;
    entry.uses++;
    forgetOldest();
    try {
      write(channel(entry, file, now), bytes);
    } finally {
      if (entry.uses < rules.minUses()) {
        close(entry);
      }
    }
  }

  private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private FileChannel channel(Entry entry, Path file, long now) throws IOException {
    FileChannel open = entry.channel;
    if (open != null && now - entry.lookedAt > rules.valid().toNanos()) {
      entry.lookedAt = now;
      if (!Objects.equals(key(file), entry.key)) {
        close(entry);
        open = null;
      }
    }
    if (open == null) {
      open = LogFile.openChannel(file);
      entry.channel = open;
      entry.key = key(file);
      entry.lookedAt = now;
    }
    return open;
  }

  /** What a name leads to; null where it leads nowhere. */
  private static @Nullable Object key(Path file) {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    } catch (IOException gone) {
      return null;
    }
  }

  private void forgetInactive(long now) {
    Iterator<Entry> all = entries.values().iterator();
    while (all.hasNext()) {
      Entry entry = all.next();
      if (now - entry.lastUse <= rules.inactive().toNanos()) {
        return;
      }
      close(entry);
      all.remove();
    }
  }

  private void forgetOldest() {
    Iterator<Entry> all = entries.values().iterator();
    while (entries.size() > rules.max()) {
      close(all.next());
      all.remove();
    }
  }

  private static void close(Entry entry) {
    FileChannel open = entry.channel;
    entry.channel = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException written) {
        // What was to be written was.
      }
    }
  }

  void close() {
    entries.values().forEach(OpenLogFiles::close);
    entries.clear();
  }
}
