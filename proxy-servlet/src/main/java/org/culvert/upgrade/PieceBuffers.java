package org.culvert.upgrade;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The buffers into which hops read, the process's: a hop has one while something of it is under
 * way, and none while it is idle. Who takes one is its only user until it gives it back, once; one
 * of which that cannot be said any more is left to the garbage collector. Thread-safe.
 */
final class PieceBuffers {
  /** Enough for the frames of small messages and one system call for 16 KiB of a large one. */
  static final int SIZE = 16 * 1024;

  /**
   * What is kept for the next, 4 MiB; the one given back last is taken first, for it is in the
   * cache.
   */
  private static final int KEPT = 256;

  private static final Deque<ByteBuffer> FREE = new ArrayDeque<>(KEPT);

  private PieceBuffers() {}

  /** A direct buffer of {@link #SIZE}; what is in it is not the taker's to look at. */
  static ByteBuffer take() {
    synchronized (FREE) {
      ByteBuffer free = FREE.pollLast();
      if (free != null) {
        return free.clear();
      }
    }
    return ByteBuffer.allocateDirect(SIZE);
  }

  /** Gives one back; it is not to be touched any more. What is not of here is left alone. */
  static void give(ByteBuffer buffer) {
    if (buffer.capacity() == SIZE && buffer.isDirect()) {
      synchronized (FREE) {
        if (FREE.size() < KEPT) {
          FREE.addLast(buffer);
        }
      }
    }
  }
}
