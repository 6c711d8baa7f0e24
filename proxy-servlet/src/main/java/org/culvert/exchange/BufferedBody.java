package org.culvert.exchange;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.culvert.http.HeaderFields;
import org.jspecify.annotations.Nullable;

/**
 * A whole request body, kept for as many attempts as are made: the first {@code
 * client_body_buffer_size} bytes in memory, all of a longer one in a temporary file, which is gone
 * when this is closed. Filled by one thread at a time, then read by one attempt at a time. A facet
 * of the scope: a second exchange of the same request (a named location of {@code error_page})
 * sends it again; whoever ends the request closes it.
 */
public final class BufferedBody implements AutoCloseable {
  private final int memoryLimit;
  private @Nullable ByteArrayOutputStream memory = new ByteArrayOutputStream();
  private byte[] bytes = {};
  private @Nullable FileChannel file;
  private long length;
  private HeaderFields trailers = new HeaderFields();
  private boolean whole;
  private boolean closed;

  BufferedBody(int memoryLimit) {
    this.memoryLimit = memoryLimit;
  }

  /** A body of text: {@code proxy_set_body}. */
  static BufferedBody of(byte[] content) {
    BufferedBody body = new BufferedBody(content.length);
    body.bytes = content;
    body.length = content.length;
    body.whole = true;
    return body;
  }

  /** Takes a piece; writing a file is the one thing here that may wait for a disk. */
  synchronized void append(ByteBuffer piece) throws IOException {
    if (closed) {
      throw new IOException("the exchange has ended");
    }
    length += piece.remaining();
    FileChannel spilled = file;
    ByteArrayOutputStream kept = memory;
    if (spilled == null && kept != null) {
      if (length <= memoryLimit) {
        kept.write(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining());
        return;
      }
      spilled = openFile();
      file = spilled;
      memory = null;
      writeFully(spilled, ByteBuffer.wrap(kept.toByteArray()));
    }
    if (spilled != null) {
      writeFully(spilled, piece);
    }
  }

  private static FileChannel openFile() throws IOException {
    Path path = Files.createTempFile("culvert-body-", ".tmp");
    return FileChannel.open(
        path,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE,
        StandardOpenOption.DELETE_ON_CLOSE);
  }

  private static void writeFully(FileChannel channel, ByteBuffer from) throws IOException {
    while (from.hasRemaining()) {
      channel.write(from);
    }
  }

  /** The body is whole. */
  synchronized void filled(HeaderFields bodyTrailers) {
    trailers = bodyTrailers;
    if (memory != null && file == null) {
      bytes = memory.toByteArray();
    }
    memory = null;
    whole = true;
  }

  /** Whether all of it is here. */
  synchronized boolean isWhole() {
    return whole;
  }

  /** The number of bytes; -1, so that it is sent in chunks, where trailers follow it. */
  synchronized long length() {
    return trailers.size() > 0 ? -1 : length;
  }

  /** A fresh reading from the start. */
  RequestBody reader() {
    return new Reader();
  }

  @Override
  public synchronized void close() {
    closed = true;
    memory = null;
    FileChannel spilled = file;
    if (spilled != null) {
      try {
        spilled.close();
      } catch (IOException e) {
        // Nothing is lost: the file was unlinked or will be with the process.
      }
    }
  }

  private final class Reader implements RequestBody {
    private long position;

    @Override
    public long length() {
      return BufferedBody.this.length();
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
      FileChannel spilled = file;
      int read;
      if (spilled != null) {
        read = spilled.read(into, position);
      } else {
        read = (int) Math.min(into.remaining(), bytes.length - position);
        into.put(bytes, (int) position, read);
        read = read == 0 ? -1 : read;
      }
      position += Math.max(read, 0);
      return read;
    }

    @Override
    public void demand(Runnable ready) {
      ready.run();
    }

    @Override
    public HeaderFields trailers() {
      return trailers;
    }
  }
}
