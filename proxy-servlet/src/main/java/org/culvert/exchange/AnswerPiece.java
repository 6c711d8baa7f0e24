package org.culvert.exchange;

import java.nio.ByteBuffer;
import org.culvert.exchange.AnswerBody.Piece;
import org.culvert.exchange.PooledBuffers.Lent;
import org.jspecify.annotations.Nullable;

/** A part of the buffer that it was read into, which it holds until it is released. */
final class AnswerPiece implements Piece {
  /** Says that the body is over. */
  static final Piece LAST = new AnswerPiece(ByteBuffer.allocate(0), null, true, null);

  private final ByteBuffer bytes;
  private final boolean last;
  private final @Nullable Throwable failure;
  private @Nullable Lent from;

  private AnswerPiece(
      ByteBuffer bytes, @Nullable Lent from, boolean last, @Nullable Throwable failure) {
    this.bytes = bytes;
    this.from = from;
    this.last = last;
    this.failure = failure;
  }

  /** A piece; the buffer has got a holder for it. */
  static Piece of(ByteBuffer bytes, Lent from, boolean last) {
    return new AnswerPiece(bytes, from, last, null);
  }

  /** Says why the body was cut short. */
  static Piece failed(Throwable cause) {
    return new AnswerPiece(ByteBuffer.allocate(0), null, true, cause);
  }

  @Override
  public ByteBuffer bytes() {
    return bytes;
  }

  @Override
  public boolean isLast() {
    return last;
  }

  @Override
  public @Nullable Throwable failure() {
    return failure;
  }

  @Override
  public void release() {
    Lent held = from;
    from = null;
    if (held != null) {
      held.release();
    }
  }
}
