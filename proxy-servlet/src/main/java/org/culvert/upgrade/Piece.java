package org.culvert.upgrade;

import java.nio.ByteBuffer;

/**
 * A part of a message as it arrived, of any size, 0 included. The pieces of one message follow each
 * other; those of two never mix.
 *
 * @param text whether the message is text; then the bytes are UTF-8, which may be cut anywhere
 * @param first whether a message begins with it
 * @param last whether the message ends with it
 * @param bytes the payload; the receiver's until it calls {@link Hop#demand}
 * @param room how many bytes before the payload, in its buffer, are the receiver's as well: to put
 *     a frame's header there
 */
public record Piece(boolean text, boolean first, boolean last, ByteBuffer bytes, int room) {
  /** A piece in a buffer that is the payload's alone. */
  public Piece(boolean text, boolean first, boolean last, ByteBuffer bytes) {
    this(text, first, last, bytes, 0);
  }

  /** Whether it is a whole message. */
  public boolean isWhole() {
    return first && last;
  }

  @Override
  public String toString() {
    return (text ? "text" : "binary")
        + (first ? " begin" : "")
        + (last ? " end" : "")
        + " "
        + bytes.remaining();
  }
}
