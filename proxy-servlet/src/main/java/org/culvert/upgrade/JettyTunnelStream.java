package org.culvert.upgrade;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.culvert.tunnel.TunnelSocket;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * A stream of HTTP/2 (RFC 8441), which has no socket of its own: its readiness comes by callbacks,
 * on Jetty's threads, and is handed to the loop. One write is in flight at a time, of a copy that
 * is the frame's. While nothing is read the stream's window stays closed.
 */
final class JettyTunnelStream implements TunnelSocket {
  private final EndPoint endPoint;
  private final Runnable close;
  private @Nullable Side side;

  /** Jetty will say when there is something. */
  private final AtomicBoolean asked = new AtomicBoolean();

  /** It has said so, or nobody will: there may be something. */
  private volatile boolean ahead;

  private boolean ended;

  private enum Write {
    NONE,
    BEGUN,
    /** The side has been told that it waits, and is to be told when it is over. */
    AWAITED
  }

  private final AtomicReference<Write> write = new AtomicReference<>(Write.NONE);
  private volatile @Nullable Throwable failure;

  /** Bytes of the write in flight. */
  private int inFlight;

  JettyTunnelStream(EndPoint endPoint, Runnable close) {
    this.endPoint = endPoint;
    this.close = close;
  }

  @Override
  public void open(Side opened) {
    side = opened;
    ask();
  }

  private Side opened() {
    Side present = side;
    if (present == null) {
      throw new IllegalStateException("not opened yet");
    }
    return present;
  }

  private void ask() {
    if (asked.compareAndSet(false, true)) {
      endPoint.fillInterested(Callback.from(this::fillable, failed -> fillable()));
    }
  }

  /** On any thread, at once perhaps. */
  private void fillable() {
    asked.set(false);
    ahead = true;
    opened().readable();
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    ahead = false;
    int start = into.position();
    int count = 0;
    while (!ended && into.hasRemaining() && (count = fill(into)) > 0) {
      // It comes in frames.
    }
    ended |= count < 0;
    int read = into.position() - start;
    if (!ended && into.hasRemaining()) {
      ask();
    } else if (read > 0) {
      ahead = true;
      opened().readable();
    }
    return read > 0 ? read : ended ? -1 : 0;
  }

  /** Jetty's way with a buffer: its content is between position and limit. */
  private int fill(ByteBuffer into) throws IOException {
    int capacity = into.limit();
    into.flip();
    try {
      return endPoint.fill(into);
    } finally {
      into.position(into.limit()).limit(capacity);
    }
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    if (write.get() == Write.NONE && bytes.hasRemaining()) {
      begin(ByteBuffer.allocate(bytes.remaining()).put(bytes).flip());
    }
    Throwable broken = failure;
    if (broken != null) {
      throw new IOException(broken);
    }
    return (write.get() == Write.NONE ? 0 : inFlight) + bytes.remaining();
  }

  private void begin(ByteBuffer copy) {
    inFlight = copy.remaining();
    write.set(Write.BEGUN);
    endPoint.write(Callback.from(this::written, this::broken), copy);
    write.compareAndSet(Write.BEGUN, Write.AWAITED);
  }

  private void written() {
    if (write.getAndSet(Write.NONE) == Write.AWAITED) {
      opened().writable();
    }
  }

  private void broken(@Nullable Throwable cause) {
    failure = cause == null ? new EOFException("the stream has ended") : cause;
    written();
  }

  /** The stream's end goes behind a write in flight: Jetty keeps them in order. */
  @Override
  public int shutdownOutput() {
    endPoint.shutdownOutput();
    return 0;
  }

  @Override
  public void wantRead(boolean wanted) {
    if (wanted && ahead) {
      opened().readable();
    }
  }

  @Override
  public void wantWrite(boolean wanted) {
    // A write says by itself when it is over.
  }

  @Override
  public boolean isLost() {
    return !endPoint.isOpen();
  }

  @Override
  public void leave() {
    // Jetty's selector alone has its connection.
  }

  @Override
  public void close() {
    close.run();
  }

  /**
   * The peer gets RST_STREAM with CANCEL (RFC 8441, section 5), for which Jetty fails the writes.
   */
  @Override
  public void cut() {
    IOException cut = new IOException("the tunnel was cut");
    Callback failing = endPoint.cancelWrite(cut);
    if (failing != null) {
      failing.failed(cut);
    }
    close.run();
  }
}
