package org.culvert.upgrade;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SelectableChannelEndPoint;
import org.jspecify.annotations.Nullable;

/**
 * What has been read from an endpoint and not been used yet: a buffer that is taken when there is
 * something to read, parts of which are lent, and which is given back when it is used up. Before
 * what is lent there is always room for a frame's header. For one thread at a time.
 */
final class JettyInput {
  private static final int ROOM = FrameEncoder.LONGEST_HEADER;

  /** A record of TLS that is no larger was probably the last one. */
  private static final int LARGE_RECORD = 4096;

  private final EndPoint endPoint;

  /** The bare socket, read without Jetty's detours; null where there is TLS. */
  private final @Nullable SocketChannel channel;

  /** A read of less has emptied the socket. */
  private final int enough;

  private @Nullable ByteBuffer buffer;
  private boolean drained;

  // What is lent ends at the one, what was read at the other.
  private boolean lent;
  private int lentTo;
  private int filledTo;

  JettyInput(EndPoint endPoint) {
    this.endPoint = endPoint;
    this.channel = bare(endPoint);
    this.enough = channel != null ? PieceBuffers.SIZE - ROOM : LARGE_RECORD;
  }

  /** The bare socket beneath an endpoint, or null. */
  static @Nullable SocketChannel bare(EndPoint endPoint) {
    return endPoint instanceof SelectableChannelEndPoint selectable
            && selectable.getChannel() instanceof SocketChannel socket
        ? socket
        : null;
  }

  /** Takes what was read before; it is copied. */
  void begin(ByteBuffer early) {
    int size = ROOM + early.remaining();
    ByteBuffer copy =
        size <= PieceBuffers.SIZE ? PieceBuffers.take() : ByteBuffer.allocateDirect(size);
    buffer = copy.position(ROOM).put(early).flip().position(ROOM);
  }

  /** What is there, or null where nothing is. */
  @Nullable ByteBuffer bytes() {
    ByteBuffer in = buffer;
    return in != null && in.hasRemaining() ? in : null;
  }

  /**
   * Reads what there is; all that was read before is used up.
   *
   * @return false when there may be more only after a wait; no buffer is held then
   * @throws EOFException where the peer has ended its output
   */
  boolean fill() throws IOException {
    if (drained) {
      drained = false;
      release();
      return false;
    }
    ByteBuffer into = buffer == null ? PieceBuffers.take() : buffer;
    buffer = into;
    int filled = channel == null ? fillDecrypted(into) : fillBare(channel, into);
    if (filled < 0) {
      throw new EOFException("no Close");
    }
    drained = filled < enough;
    return true;
  }

  private static int fillBare(SocketChannel from, ByteBuffer into) throws IOException {
    into.clear().position(ROOM);
    int filled = from.read(into);
    into.limit(into.position()).position(ROOM);
    return filled;
  }

  /** Jetty appends to what a buffer has, but at its very begin when that is nothing. */
  private int fillDecrypted(ByteBuffer into) throws IOException {
    into.limit(ROOM).position(ROOM - 1);
    int filled = endPoint.fill(into);
    into.position(ROOM);
    return filled;
  }

  /**
   * Lends the next bytes, with the buffer's limit at their end; what is before them is used up, and
   * so the borrower's too.
   */
  ByteBuffer lend(int size) {
    ByteBuffer in = buffer;
    if (in == null) {
      throw new IllegalStateException("nothing was read");
    }
    lent = true;
    filledTo = in.limit();
    lentTo = in.position() + size;
    return in.limit(lentTo);
  }

  /** What was lent is used up. */
  void takeBack() {
    if (lent && buffer != null) {
      buffer.limit(filledTo).position(lentTo);
    }
    lent = false;
  }

  /** What was lent may be in use still: its buffer is left to the borrower, and the rest copied. */
  void forsake() {
    ByteBuffer in = buffer;
    if (lent && in != null) {
      ByteBuffer rest = in.duplicate().limit(filledTo).position(lentTo);
      release();
      if (rest.hasRemaining()) {
        begin(rest);
      }
    }
  }

  /** Forgets what is there; what is lent stays the borrower's alone. */
  void release() {
    if (buffer != null && !lent) {
      PieceBuffers.give(buffer);
    }
    buffer = null;
    lent = false;
  }
}
