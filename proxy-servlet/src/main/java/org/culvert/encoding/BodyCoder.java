package org.culvert.encoding;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Changes a body's bytes as they pass. Calls come one after the other, except {@link #close}, which
 * any thread may call at any time: what runs then is ended first, and the next call fails.
 */
public interface BodyCoder extends AutoCloseable {
  /** What follows a piece. */
  enum Then {
    /** More, some time: the coder may keep back what it likes. */
    MORE,
    /** Nothing for now: all that was taken is to be given. */
    FLUSH,
    /** Nothing. */
    END
  }

  /** Takes a piece, which is the coder's until {@link #give} has returned false. */
  void take(ByteBuffer piece, Then then);

  /**
   * Puts what comes of the piece into a buffer.
   *
   * @param into a buffer with room for 32 bytes at least
   * @return false when nothing more comes of the piece; true where there may be more than the
   *     buffer had room for
   * @throws IOException for what is no body in the coding, and after {@link #close}
   */
  boolean give(ByteBuffer into) throws IOException;

  /** Bytes taken so far. */
  long taken();

  /** Bytes given so far. */
  long given();

  /** Releases memory outside the heap. Idempotent. */
  @Override
  void close();
}
