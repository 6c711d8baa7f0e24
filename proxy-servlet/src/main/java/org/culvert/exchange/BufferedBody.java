package org.culvert.exchange;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.culvert.exchange.ProxySettings.BodyBuffering;
import org.culvert.exchange.ProxySettings.InFileOnly;
import org.culvert.http.HeaderFields;
import org.culvert.http.Octets;
import org.jspecify.annotations.Nullable;

/**
 * A whole request body, kept for as many attempts as are made: in memory up to {@code
 * client_body_buffer_size}, all of a longer one in a temporary file, which is gone when this is
 * closed, unless {@code client_body_in_file_only} keeps it. Filled by one thread at a time, then
 * read by one attempt at a time. A facet of the scope: a second exchange of the same request (a
 * named location of {@code error_page}) sends it again; whoever ends the request closes it.
 */
public final class BufferedBody implements AutoCloseable {
  private final BodyBuffering rules;
  private final int memoryLimit;
  private @Nullable ByteArrayOutputStream memory = new ByteArrayOutputStream();
  private byte[] bytes = {};
  private @Nullable FileChannel file;
  private @Nullable Path path;
  private long length;
  private HeaderFields trailers = new HeaderFields();
  private boolean whole;
  private boolean closed;

  /**
   * An empty one.
   *
   * @param expected how long it will be, or -1
   */
  BufferedBody(BodyBuffering rules, long expected) {
    this.rules = rules;
    this.memoryLimit = rules.memory(expected);
  }

  /** A body of text: {@code proxy_set_body}. */
  static BufferedBody of(byte[] content) {
    BufferedBody body = new BufferedBody(BodyBuffering.of(content.length), content.length);
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
      memory = null;
      writeFully(spilled, ByteBuffer.wrap(kept.toByteArray()));
    }
    if (spilled != null) {
      writeFully(spilled, piece);
    }
  }

  private FileChannel openFile() throws IOException {
    TempFolder.TempFile made = rules.folder().create(rules.inFileOnly() != InFileOnly.OFF);
    path = made.path();
    file = made.channel();
    return made.channel();
  }

  private static void writeFully(FileChannel channel, ByteBuffer from) throws IOException {
    while (from.hasRemaining()) {
      channel.write(from);
    }
  }

  /** The body is whole. */
  synchronized void filled(HeaderFields bodyTrailers) throws IOException {
    if (file == null && memoryLimit < 0) {
      openFile(); // Empty.
    }
    trailers = bodyTrailers;
    if (memory != null && file == null) {
      bytes = memory.toByteArray();
    }
    memory = null;
    whole = true;
  }

  /** {@code $request_body}: all of it where it is in memory, as an octet string; else null. */
  synchronized @Nullable String text() {
    return whole && file == null ? new String(bytes, StandardCharsets.ISO_8859_1) : null;
  }

  /** {@code $request_body_file}: the name of its file, or null. */
  synchronized @Nullable String fileName() {
    return path == null ? null : Octets.of(path.toString());
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
        if (path != null && rules.inFileOnly() == InFileOnly.CLEAN) {
          Files.deleteIfExists(path);
        }
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
