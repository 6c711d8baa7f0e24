package org.culvert.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.culvert.http.HeaderField;
import org.culvert.http.ResponseHead;
import org.jspecify.annotations.Nullable;

/**
 * A client's leg that sends no faster than a rate (nginx, {@code ngx_http_write_filter} with {@code
 * limit_rate}): what the seconds since the request came allow goes at once, and after each piece
 * there is a pause. No thread waits. Without an effect on what leaves HTTP.
 */
public final class PacedDownstream extends ForwardingDownstream {
  private final Timers timers;
  private final long rate;
  private final long after;
  private final long startMillis;
  private final long startNanos;
  private final AtomicReference<@Nullable Paused> paused = new AtomicReference<>();

  // Of who answers, one call after the other.
  private long sent;
  private long notBefore;

  /** A piece that waits, and what it waits with. */
  private record Paused(Runnable next, Completion done) {}

  /**
   * A leg whose answer has not begun.
   *
   * @param rate bytes in a second, above 0
   * @param after bytes that do not count
   * @param startMillis when the request came, since the epoch
   * @param startNanos the same by {@link System#nanoTime}
   */
  public PacedDownstream(
      Downstream client, Timers timers, long rate, long after, long startMillis, long startNanos) {
    super(client);
    this.timers = timers;
    this.rate = rate;
    this.after = after;
    this.startMillis = startMillis;
    this.startNanos = startNanos;
    this.notBefore = startNanos;
  }

  @Override
  public void head(ResponseHead head) {
    super.head(head);
    sent = "HTTP/1.1 200 OK\r\n\r\n".length();
    for (HeaderField field : head.fields()) {
      sent += field.name().length() + field.value().length() + ": \r\n".length();
    }
  }

  @Override
  public void write(ByteBuffer piece, boolean flush, Completion done) {
    if (piece.hasRemaining()) {
      next(piece, flush, done);
    } else {
      super.write(piece, flush, done);
    }
  }

  private void next(ByteBuffer piece, boolean flush, Completion done) {
    long now = System.nanoTime();
    long pause = (notBefore - now + 999_999) / 1_000_000;
    long allowed = rate * (seconds(now) + 1) - (sent - after);
    if (pause <= 0 && allowed <= 0) {
      pause = -allowed * 1_000 / rate + 1;
    }
    if (pause > 0) {
      pause(pause, () -> next(piece, flush, done), done);
      return;
    }
    int slice = (int) Math.min(piece.remaining(), allowed);
    ByteBuffer part = piece.slice().limit(slice);
    piece.position(piece.position() + slice);
    long counted = Math.max(0, sent + slice - after) - Math.max(0, sent - after);
    sent += slice;
    notBefore = now + counted * 1_000 / rate * 1_000_000;
    super.write(part, flush || counted > 0, piece.hasRemaining() ? then(piece, flush, done) : done);
  }

  /** nginx's seconds: how often the clock's second has changed since the request came. */
  private long seconds(long now) {
    return (startMillis % 1_000 + (now - startNanos) / 1_000_000) / 1_000;
  }

  private Completion then(ByteBuffer piece, boolean flush, Completion done) {
    return new Completion() {
      @Override
      public void succeeded() {
        next(piece, flush, done);
      }

      @Override
      public void failed(Throwable cause) {
        done.failed(cause);
      }
    };
  }

  private void pause(long millis, Runnable next, Completion done) {
    Paused waits = new Paused(next, done);
    paused.set(waits);
    timers.after(
        Duration.ofMillis(millis),
        () -> {
          if (paused.compareAndSet(waits, null)) {
            waits.next.run();
          }
        });
  }

  @Override
  public void abort(Throwable cause) {
    super.abort(cause);
    Paused waits = paused.getAndSet(null);
    if (waits != null) {
      waits.done.failed(new IOException("the answer is cut short: " + cause, cause));
    }
  }
}
