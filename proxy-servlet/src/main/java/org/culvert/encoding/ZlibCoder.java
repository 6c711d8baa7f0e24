package org.culvert.encoding;

import java.io.IOException;
import java.nio.ByteBuffer;

/** What coders have in common that hold memory of zlib's: counting, and the end by any thread. */
abstract class ZlibCoder implements BodyCoder {
  private boolean closed;
  private long taken;
  private long given;

  @Override
  public final synchronized void take(ByteBuffer piece, Then next) {
    if (!closed) {
      taken += piece.remaining();
      accept(piece, next);
    }
  }

  @Override
  public final synchronized boolean give(ByteBuffer into) throws IOException {
    if (closed) {
      throw new IOException("the answer is over");
    }
    int before = into.position();
    try {
      return code(into);
    } finally {
      given += into.position() - before;
    }
  }

  @Override
  public final synchronized long taken() {
    return taken;
  }

  @Override
  public final synchronized long given() {
    return given;
  }

  @Override
  public final synchronized void close() {
    if (!closed) {
      closed = true;
      release();
    }
  }

  /** As {@link #take}; not after the end. */
  abstract void accept(ByteBuffer piece, Then next);

  /** As {@link #give}; not after the end. */
  abstract boolean code(ByteBuffer into) throws IOException;

  /** Gives zlib's memory back; once. */
  abstract void release();
}
