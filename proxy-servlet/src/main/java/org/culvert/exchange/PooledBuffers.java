package org.culvert.exchange;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The buffers of the upstream connections: arrays of {@link #SIZE} bytes, on the heap because the
 * servlet API writes arrays. Each time one is taken it gets a new {@link Lent}, which gives it back
 * at most once, when its last holder has let go: who lets go once too often gives back nothing. One
 * that is never given back is the garbage collector's. Thread-safe.
 */
final class PooledBuffers {
  static final int SIZE = 16 * 1024;

  private final int most;
  private final Deque<ByteBuffer> free = new ArrayDeque<>();
  private final AtomicInteger lent = new AtomicInteger();

  /**
   * An empty pool.
   *
   * @param most how many it keeps
   */
  PooledBuffers(int most) {
    this.most = most;
  }

  /** A buffer without content, and with one holder. */
  Lent take() {
    ByteBuffer bytes;
    synchronized (free) {
      bytes = free.pollFirst();
    }
    lent.incrementAndGet();
    return new Lent(bytes == null ? ByteBuffer.allocate(SIZE) : bytes);
  }

  /** How many are taken, neither given back nor dropped. */
  int lent() {
    return lent.get();
  }

  private void giveBack(ByteBuffer bytes) {
    synchronized (free) {
      if (free.size() < most) {
        free.addFirst(bytes);
      }
    }
  }

  /** A buffer in somebody's hands. */
  final class Lent {
    private final ByteBuffer bytes;
    private final AtomicInteger holders = new AtomicInteger(1);

    private Lent(ByteBuffer bytes) {
      this.bytes = bytes.clear().limit(0);
    }

    /** The buffer; what it holds is from its position to its limit. */
    ByteBuffer bytes() {
      return bytes;
    }

    /** One holder more. */
    void hold() {
      holders.incrementAndGet();
    }

    /** Whether there is a holder besides the one who asks. */
    boolean isShared() {
      return holders.get() > 1;
    }

    /** One holder less. */
    void release() {
      if (holders.decrementAndGet() == 0) {
        lent.decrementAndGet();
        giveBack(bytes);
      }
    }

    /** Somebody may still be reading from it: it is left to the garbage collector. */
    void drop() {
      if (holders.getAndSet(Integer.MIN_VALUE / 2) > 0) {
        lent.decrementAndGet();
      }
    }
  }
}
