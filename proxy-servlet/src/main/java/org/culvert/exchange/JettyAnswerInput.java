package org.culvert.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.culvert.exchange.AnswerBody.Piece;
import org.culvert.exchange.PooledBuffers.Lent;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * What comes from a peer: a buffer while there are bytes in it or pieces of one are not used yet,
 * and who reads answers out of it. What comes while pieces are used goes into the rest of the
 * buffer, so that many small pieces have one. Guarded by its connection's lock.
 */
final class JettyAnswerInput {
  /** Reads in a row before others have their turn. */
  private static final int MOST_READS = 16;

  /** Room in a buffer beneath which a new one is taken rather than its rest used. */
  private static final int LEAST_ROOM = PooledBuffers.SIZE / 4;

  private final EndPoint endPoint;
  private final PooledBuffers buffers;
  private final boolean tls;
  private final AnswerParser parser = new AnswerParser();
  private @Nullable Lent lent;
  private boolean full;
  private boolean ended;

  JettyAnswerInput(EndPoint endPoint, PooledBuffers buffers, boolean tls) {
    this.endPoint = endPoint;
    this.buffers = buffers;
    this.tls = tls;
  }

  /** Begins with the next answer; see {@link AnswerParser#begin}. */
  void begin(boolean toHead, int headSize) {
    parser.begin(toHead, headSize);
  }

  /**
   * Reads once; there must be nothing left to be parsed.
   *
   * @return whether something came
   */
  boolean fill() throws IOException {
    Lent buffer = lent;
    if (buffer != null && buffer.isShared() && room(buffer) < LEAST_ROOM) {
      buffer.release();
      buffer = null;
    }
    if (buffer == null) {
      buffer = buffers.take();
      lent = buffer;
    }
    ByteBuffer bytes = buffer.bytes();
    if (!bytes.hasRemaining() && !buffer.isShared()) {
      bytes.clear().limit(0); // All of it was parsed, and nobody has a piece.
    }
    int end = bytes.limit();
    int room = room(buffer);
    ByteBuffer rest = end == 0 ? bytes : bytes.duplicate().clear().position(end).slice().limit(0);
    int filled = endPoint.fill(rest);
    bytes.limit(end + Math.max(0, filled));
    full = tls ? filled > 0 : filled == room; // TLS may have taken in more than it gave.
    ended = filled < 0;
    return filled > 0;
  }

  private static int room(Lent buffer) {
    return buffer.bytes().capacity() - buffer.bytes().limit();
  }

  /**
   * Reads on in the head of an answer.
   *
   * @return the head when it is whole, or that of a 101
   */
  @Nullable ResponseHead readHead() throws GatewayFailure, IOException {
    for (int reads = 0; reads < MOST_READS && fill(); reads++) {
      Lent buffer = lent;
      if (buffer != null && parser.next(buffer.bytes()) == AnswerParser.Found.HEAD) {
        return parser.head();
      }
      if (!full) {
        break;
      }
    }
    if (ended) {
      parser.close();
    }
    releaseEmpty();
    return null;
  }

  /** The next piece of the body; null where it is not here. */
  @Nullable Piece nextPiece() throws GatewayFailure, IOException {
    while (true) {
      Lent buffer = lent;
      if (buffer != null) {
        switch (parser.next(buffer.bytes())) {
          case PIECE -> {
            return piece(buffer);
          }
          case END -> {
            return AnswerPiece.LAST;
          }
          default -> {} // More is needed.
        }
      } else if (parser.isOver()) {
        return AnswerPiece.LAST;
      }
      if (ended) {
        parser.close();
      } else if (!full || !fill()) {
        releaseEmpty();
        return null;
      }
    }
  }

  private Piece piece(Lent buffer) {
    buffer.hold();
    ByteBuffer bytes = buffer.bytes().duplicate();
    bytes.limit(parser.start() + parser.length()).position(parser.start());
    return AnswerPiece.of(bytes, buffer, parser.isOver());
  }

  /** Whether the peer has closed. */
  boolean isEnded() {
    return ended;
  }

  /** Whether the answer is whole. */
  boolean isWhole() {
    return parser.isOver();
  }

  /** The trailers of an answer that is whole. */
  HeaderFields trailers() {
    return parser.trailers();
  }

  /**
   * The answer is whole: the buffer is let go of.
   *
   * @return whether the peer would take another request; one that sent what nobody asked for not
   */
  boolean finish() {
    Lent buffer = lent;
    boolean clean = !ended && (buffer == null || !buffer.bytes().hasRemaining());
    release();
    parser.rest();
    return clean && parser.isPersistent();
  }

  /** Lets go of a buffer without bytes that anybody uses. */
  void releaseEmpty() {
    Lent buffer = lent;
    if (buffer != null && !buffer.bytes().hasRemaining() && !buffer.isShared()) {
      release();
    }
  }

  /** Lets go of the buffer. */
  void release() {
    Lent buffer = lent;
    lent = null;
    if (buffer != null) {
      buffer.release();
    }
  }

  /** What is left, for whoever takes the connection over; null where nothing is. */
  @Nullable ByteBuffer rest() {
    Lent buffer = lent;
    ByteBuffer rest = null;
    if (buffer != null && buffer.bytes().hasRemaining()) {
      rest = ByteBuffer.allocate(buffer.bytes().remaining()).put(buffer.bytes()).flip();
    }
    release();
    return rest;
  }
}
