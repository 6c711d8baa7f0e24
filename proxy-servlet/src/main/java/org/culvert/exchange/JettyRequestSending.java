package org.culvert.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.culvert.exchange.PooledBuffers.Lent;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * The sending of one request: its head, with the first piece of its body if that is here, in one
 * write; then piece after piece, each read when the one before is written (clientToProxy turned
 * into proxyToServer). Holds one buffer. Runs on the thread that begins it, then on those that say
 * that there is more, or room; one at a time is in the loop.
 */
final class JettyRequestSending implements Callback {
  private final JettyUpstreamConnection connection;
  private final EndPoint endPoint;
  private final PooledBuffers buffers;
  private final AttemptListener attempt;
  private final @Nullable RequestBody body;
  private final boolean chunked;
  private final IntConsumer sending;
  private final Timers timers;
  private final Duration time;
  private final Runnable timedOut;
  private final AtomicInteger signals = new AtomicInteger();

  private volatile @Nullable SendTimeout limit;
  private volatile boolean over;
  private volatile boolean writing;

  /** The body has been asked to tell when it has more. */
  private volatile boolean demanded;

  private final Runnable ready = this::ready;
  private volatile boolean committed;
  private @Nullable Lent lent;
  private ByteBuffer buffer = ByteBuffer.allocate(0);
  private long left;
  private boolean last;

  /**
   * A request of which nothing is sent yet.
   *
   * @param body what is sent behind the head, or null
   * @param sending told how many bytes of the body are being written
   * @param time how long one write may take
   * @param timedOut run when one takes longer; aborts the attempt
   */
  JettyRequestSending(
      JettyUpstreamConnection connection,
      JettyClient client,
      AttemptListener attempt,
      @Nullable RequestBody body,
      IntConsumer sending,
      Duration time,
      Runnable timedOut) {
    this.connection = connection;
    this.endPoint = connection.getEndPoint();
    this.buffers = client.buffers();
    this.attempt = attempt;
    this.body = body;
    this.chunked = body != null && body.length() < 0;
    this.left = body == null ? 0 : body.length();
    this.sending = sending;
    this.timers = client.timers();
    this.time = time;
    this.timedOut = timedOut;
  }

  /**
   * Begins; returns at once.
   *
   * @throws IllegalArgumentException for a head that cannot be written; nothing is sent then
   */
  void start(RequestHead head, JettyOrigin origin) {
    int length = RequestBytes.length(head, origin);
    if (length <= PooledBuffers.SIZE) {
      Lent taken = buffers.take();
      lent = taken;
      buffer = taken.bytes().clear();
    } else {
      buffer = ByteBuffer.allocate(length);
    }
    RequestBytes.head(buffer, head, origin, body == null ? 0 : body.length());
    signal();
  }

  /** Nothing more is to be sent. */
  void stop() {
    over = true;
    stopLimit();
    signal();
  }

  private void stopLimit() {
    SendTimeout running = limit;
    if (running != null) {
      running.stop();
    }
  }

  /** Whether the head is known to have been written. */
  boolean isCommitted() {
    return committed;
  }

  private void signal() {
    if (signals.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      proceed();
      seen = signals.addAndGet(-seen);
    } while (seen != 0);
  }

  /** Until the body has nothing now, the peer takes no more, or all is written. */
  private void proceed() {
    while (!over && !writing && !last && !demanded) {
      boolean more = fill();
      if (over) {
        break;
      }
      if (buffer.position() > 0) {
        write(buffer.flip());
      } else if (!more && !last && body != null) {
        demanded = true; // Once: a write that ends meanwhile signals, too.
        body.demand(ready);
      }
    }
    if (over && !writing) {
      letGo();
    }
  }

  private void ready() {
    demanded = false;
    signal();
  }

  /** Puts the next piece behind what the buffer has; false where there is none now. */
  private boolean fill() {
    RequestBody from = body;
    if (from == null) {
      last = true;
      return false;
    }
    if (committed && lent == null) {
      lent = buffers.take();
      buffer = lent.bytes().clear();
    }
    int begun = buffer.position();
    int room = buffer.remaining() - (chunked ? RequestBytes.CHUNK_FRAME : 0);
    if (room <= 0) {
      return true; // A long head; the body follows it.
    }
    int read;
    try {
      read = chunked ? chunk(from, room) : piece(from, room);
    } catch (IOException | RuntimeException e) { // Nobody else would end the attempt.
      buffer.limit(buffer.capacity()).position(begun);
      over = true;
      connection.abort(attempt, cause(e));
      return false;
    }
    if (read > 0) {
      sending.accept(read);
    }
    return read > 0;
  }

  private int piece(RequestBody from, int room) throws IOException {
    if (left < room) {
      buffer.limit(buffer.position() + (int) left + 1); // One more would be too many.
    }
    int read = from.read(buffer);
    buffer.limit(buffer.capacity());
    left -= Math.max(read, 0);
    if (left < 0 || (read < 0 && left > 0)) {
      throw new IOException("its body has not the length that its head says");
    }
    last = left == 0;
    return read;
  }

  private int chunk(RequestBody from, int room) throws IOException {
    int begun = buffer.position();
    RequestBytes.beginChunk(buffer);
    buffer.limit(buffer.position() + room);
    int read = from.read(buffer);
    buffer.limit(buffer.capacity());
    if (read > 0) {
      RequestBytes.endChunk(buffer, begun);
    } else {
      buffer.position(begun);
    }
    if (read < 0) {
      ending(from.trailers());
    }
    return read;
  }

  /** The last chunk and the trailers, behind what is there if they fit. */
  private void ending(HeaderFields trailers) {
    ByteBuffer end = RequestBytes.lastChunk(trailers);
    if (end.remaining() > buffer.remaining()) {
      ByteBuffer longer = ByteBuffer.allocate(buffer.position() + end.remaining());
      letGoAfter(longer.put(buffer.flip()));
    }
    buffer.put(end);
    last = true;
  }

  private void letGoAfter(ByteBuffer instead) {
    buffer = instead;
    letGo();
  }

  private static Throwable cause(Exception e) {
    if (e instanceof RuntimeException) {
      return new GatewayFailure(GatewayFailure.Kind.INTERNAL, "cannot read the body: " + e, e);
    }
    return e.getCause() instanceof GatewayFailure known
        ? known
        : new GatewayFailure(GatewayFailure.Kind.CLIENT_GONE, "client prematurely closed: " + e, e);
  }

  private void write(ByteBuffer bytes) {
    writing = true;
    if (last) {
      connection.lastBytes(attempt);
    }
    try {
      if (endPoint.flush(bytes)) {
        written();
        return;
      }
    } catch (IOException | RuntimeException e) {
      failed(e);
      return;
    }
    SendTimeout waiting = limit;
    if (waiting == null) {
      waiting = new SendTimeout(timers, time, timedOut);
      limit = waiting;
    }
    waiting.begin();
    waiting.await();
    endPoint.write(this, bytes);
  }

  private void written() {
    committed = true;
    if (last) {
      letGo();
    } else if (lent != null) {
      buffer.clear();
    } else {
      buffer = ByteBuffer.allocate(0);
    }
    writing = false; // From here on who stops this may give the buffer back.
    if (last) {
      stopLimit();
      connection.sent(attempt);
    }
  }

  private void letGo() {
    Lent held = lent;
    lent = null;
    if (held != null) {
      held.release();
    }
  }

  // What the endpoint tells of a write that it did not do at once.

  @Override
  public void succeeded() {
    SendTimeout waiting = limit;
    if (waiting != null) {
      waiting.end();
    }
    written();
    signal();
  }

  @Override
  public void failed(Throwable cause) {
    Lent held = lent;
    lent = null;
    if (held != null) {
      held.drop();
    }
    stopLimit();
    connection.outside(() -> connection.unsent(attempt, cause));
  }

  @Override
  public InvocationType getInvocationType() {
    return attempt.mayWait() ? InvocationType.BLOCKING : InvocationType.NON_BLOCKING;
  }
}
