package org.culvert.exchange;

import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Retainable;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.eclipse.jetty.util.BufferUtil;

/**
 * The buffers of the upstream clients. What goes out (direct) is pooled. What comes in (on the
 * heap) has a buffer that served nobody before and serves nobody after, left to the garbage
 * collector: Jetty's receiver shares its buffer between the thread that reads, the one that ends
 * the request, and one that aborts it, without a lock (jetty.project issue 12934), and may give it
 * back twice. Out of a pool two connections would then read into the same buffer, and one user's
 * answer would get lost, or among another's. Thread-safe.
 */
final class JettyBuffers implements ByteBufferPool {
  private final ByteBufferPool outgoing = new ArrayByteBufferPool();

  @Override
  public RetainableByteBuffer.Mutable acquire(int size, boolean direct) {
    return direct
        ? outgoing.acquire(size, true)
        : RetainableByteBuffer.wrap(BufferUtil.allocate(size), new Users());
  }

  @Override
  public void clear() {
    outgoing.clear();
  }

  /** Counts who uses a buffer, for its reader asks; one given back once too often is nobody's. */
  private static final class Users implements Retainable {
    private final AtomicInteger count = new AtomicInteger(1);

    @Override
    public boolean canRetain() {
      return true;
    }

    @Override
    public boolean isRetained() {
      return count.get() > 1;
    }

    @Override
    public int getRetained() {
      return count.get();
    }

    @Override
    public void retain() {
      count.incrementAndGet();
    }

    @Override
    public boolean release() {
      return count.getAndUpdate(users -> Math.max(0, users - 1)) == 1;
    }
  }
}
