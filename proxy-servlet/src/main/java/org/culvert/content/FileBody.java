package org.culvert.content;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The bytes of an answer that come from one open file: the whole of it, a part, or several parts
 * with text between. Not thread-safe.
 */
public final class FileBody implements AutoCloseable {
  /**
   * A text, then a region of the file.
   *
   * @param text octets that come before
   * @param from where the region begins
   * @param to where it ends, exclusive
   */
  record Part(byte[] text, long from, long to) {
    long length() {
      return text.length + (to - from);
    }
  }

  private final FileChannel channel;
  private final Deque<Part> parts;
  private final long length;
  private ByteBuffer text = ByteBuffer.allocate(0);
  private long at;
  private long end;

  FileBody(FileChannel channel, List<Part> parts) {
    this.channel = channel;
    this.parts = new ArrayDeque<>(parts);
    this.length = parts.stream().mapToLong(Part::length).sum();
  }

  /** How many bytes there are in all. */
  public long length() {
    return length;
  }

  /**
   * Reads some bytes, at least one where the buffer has room.
   *
   * @return how many, or -1 at the end
   * @throws IOException where the file cannot be read, or became shorter since it was opened
   */
  public int read(ByteBuffer into) throws IOException {
    while (!text.hasRemaining() && at == end) {
      Part part = parts.poll();
      if (part == null) {
        return -1;
      }
      text = ByteBuffer.wrap(part.text);
      at = part.from;
      end = part.to;
    }
    return text.hasRemaining() ? readText(into) : readFile(into);
  }

  private int readText(ByteBuffer into) {
    int count = Math.min(text.remaining(), into.remaining());
    into.put(text.slice(text.position(), count));
    text.position(text.position() + count);
    return count;
  }

  private int readFile(ByteBuffer into) throws IOException {
    int room = (int) Math.min(into.remaining(), end - at);
    int limit = into.limit();
    into.limit(into.position() + room);
    int count = channel.read(into, at);
    into.limit(limit);
    if (count < 0) {
      throw new EOFException("the file became shorter while it was sent");
    }
    at += count;
    return count;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
