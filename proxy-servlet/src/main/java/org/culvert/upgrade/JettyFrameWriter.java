package org.culvert.upgrade;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Queue;
import org.culvert.exchange.Completion;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Writes the frames of one hop, one after the other, to an endpoint of Jetty's. What the socket
 * takes at once is written by the caller; for the rest the caller does not wait. A frame that comes
 * while another is being written waits its turn: at most a piece, a pong, a ping and a Close. After
 * a Close nothing is written; what comes then is thrown away. Thread-safe.
 */
final class JettyFrameWriter implements Callback {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /** A frame and who is told of its end. */
  private record Outgoing(ByteBuffer frame, @Nullable Completion done) {}

  private final EndPoint endPoint;

  /** The bare socket; null where there is TLS. */
  private final @Nullable SocketChannel channel;

  private final FrameEncoder encoder;

  // Guarded by this.
  private boolean writing;
  private boolean closing;
  private @Nullable Throwable failure;
  private @Nullable Queue<Outgoing> waiting;

  // The present writer's.
  private ByteBuffer frame = NOTHING;
  private @Nullable Completion done;

  /** A copy of a piece that had no room for a header; one piece is sent at a time. */
  private @Nullable ByteBuffer copy;

  JettyFrameWriter(EndPoint endPoint, FrameEncoder encoder) {
    this.endPoint = endPoint;
    this.channel = JettyInput.bare(endPoint);
    this.encoder = encoder;
  }

  /** Writes a piece; its bytes are the writer's until done. */
  void send(Piece piece, Completion whenDone) {
    ByteBuffer bytes = piece.bytes();
    if (piece.room() < encoder.headerSize(bytes.remaining())) {
      bytes = copied(bytes);
      copy = bytes;
    }
    int opcode =
        !piece.first()
            ? FrameDecoder.CONTINUATION
            : piece.text() ? FrameDecoder.TEXT : FrameDecoder.BINARY;
    encoder.enclose(bytes, opcode, piece.last());
    offer(bytes, whenDone, false);
  }

  private static ByteBuffer copied(ByteBuffer payload) {
    int size = FrameEncoder.LONGEST_HEADER + payload.remaining();
    ByteBuffer copy =
        size <= PieceBuffers.SIZE ? PieceBuffers.take() : ByteBuffer.allocateDirect(size);
    copy.position(FrameEncoder.LONGEST_HEADER).put(payload).flip();
    return copy.position(FrameEncoder.LONGEST_HEADER);
  }

  /** Writes a pong. */
  void pong(byte[] payload, Completion whenDone) {
    offer(encoder.control(FrameDecoder.PONG, payload), whenDone, false);
  }

  /** Writes a ping, unless it would have to wait. */
  void ping() {
    synchronized (this) {
      if (writing || closing || failure != null) {
        return;
      }
    }
    offer(encoder.control(FrameDecoder.PING, new byte[0]), null, false);
  }

  /**
   * Writes a Close after what was sent, and nothing after it. Where one was written before it is
   * that one's end that is told.
   *
   * @param payload as {@link FrameEncoder#close} makes it, or the peer's own
   */
  void close(byte[] payload, @Nullable Completion whenDone) {
    offer(encoder.control(FrameDecoder.CLOSE, payload), whenDone, true);
  }

  private void offer(ByteBuffer next, @Nullable Completion whenDone, boolean close) {
    Throwable failed;
    boolean dropped;
    synchronized (this) {
      failed = failure;
      dropped = closing;
      closing |= close;
      if (failed == null && writing && (close || !dropped)) {
        if (waiting == null) {
          waiting = new ArrayDeque<>(2);
        }
        waiting.add(new Outgoing(dropped ? NOTHING : next, whenDone));
        return;
      }
      writing |= failed == null && !dropped;
    }
    if (failed != null) {
      tell(whenDone, failed);
    } else if (dropped) {
      release(next);
      tell(whenDone, null);
    } else {
      write(next, whenDone);
    }
  }

  /** Who has set {@link #writing} writes, until nothing waits. */
  private void write(ByteBuffer begin, @Nullable Completion beginDone) {
    frame = begin;
    done = beginDone;
    do {
      try {
        if (!flushed(frame)) {
          endPoint.write(this, frame);
          return;
        }
      } catch (IOException | RuntimeException e) {
        failed(e);
        return;
      }
    } while (written());
  }

  private boolean flushed(ByteBuffer bytes) throws IOException {
    if (channel == null) {
      return endPoint.flush(bytes);
    }
    if (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    return !bytes.hasRemaining();
  }

  /** The present frame is written: whether there is another. */
  private boolean written() {
    Completion told = done;
    release(frame);
    boolean more;
    synchronized (this) {
      Outgoing next = waiting == null ? null : waiting.poll();
      more = next != null;
      writing = more;
      frame = next == null ? NOTHING : next.frame();
      done = next == null ? null : next.done();
    }
    tell(told, null); // Who is told may send the next piece at once.
    return more;
  }

  private void release(ByteBuffer written) {
    if (written == copy) {
      copy = null;
      PieceBuffers.give(written);
    }
  }

  private static void tell(@Nullable Completion told, @Nullable Throwable failed) {
    if (told == null) {
      return;
    }
    if (failed == null) {
      told.succeeded();
    } else {
      told.failed(failed);
    }
  }

  // What Jetty calls, for what the socket did not take at once.

  @Override
  public InvocationType getInvocationType() {
    return InvocationType.NON_BLOCKING;
  }

  @Override
  public void succeeded() {
    if (written()) {
      write(frame, done);
    }
  }

  /** Nothing will be written any more: all that waited has failed with it. */
  @Override
  public void failed(Throwable cause) {
    Completion told = done;
    Throwable why = cause == null ? new ClosedChannelException() : cause;
    Queue<Outgoing> lost;
    synchronized (this) {
      failure = why;
      lost = waiting;
      waiting = null;
      writing = false;
      done = null;
    }
    tell(told, why);
    if (lost != null) {
      lost.forEach(each -> tell(each.done(), why));
    }
  }
}
