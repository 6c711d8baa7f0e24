package org.culvert.launcher;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Small pieces of an answer that wait for the next one, so that they go in one write. */
final class KeptBytes {
  private static final int MOST = 8 * 1024;

  private @Nullable ByteBuffer kept;

  /**
   * Copies a piece.
   *
   * @return false where it is too much to be kept; nothing was done
   */
  boolean keep(ByteBuffer piece) {
    ByteBuffer present = kept;
    if ((present == null ? 0 : present.position()) + piece.remaining() > MOST) {
      return false;
    }
    if (present == null) {
      present = ByteBuffer.allocate(MOST);
      kept = present;
    }
    present.put(piece);
    return true;
  }

  /** What was kept with a piece behind it; nothing is kept any more. */
  ByteBuffer before(ByteBuffer piece) {
    ByteBuffer present = kept;
    if (present == null) {
      return piece;
    }
    kept = null;
    present.flip();
    return piece.hasRemaining()
        ? ByteBuffer.allocate(present.remaining() + piece.remaining())
            .put(present)
            .put(piece)
            .flip()
        : present;
  }
}
