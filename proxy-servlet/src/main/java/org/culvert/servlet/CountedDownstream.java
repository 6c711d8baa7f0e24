package org.culvert.servlet;

import java.nio.ByteBuffer;
import java.time.Duration;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.ForwardingDownstream;
import org.culvert.exchange.Timers;
import org.culvert.http.ResponseHead;
import org.culvert.limit.CountedKeys;
import org.jspecify.annotations.Nullable;

/**
 * The client's leg of a request that is counted ({@code limit_conn}): a client that has its whole
 * answer may ask again at once, so the count goes down before the last of it is sent, and up again
 * where the client has not taken that in a tenth of a second.
 */
final class CountedDownstream extends ForwardingDownstream {
  private static final Duration SOON = Duration.ofMillis(100);

  private final CountedKeys counted;
  private final Timers timers;
  private long left = -1;

  CountedDownstream(Downstream client, CountedKeys counted, Timers timers) {
    super(client);
    this.timers = timers;
    this.counted = counted;
  }

  @Override
  public void head(ResponseHead head) {
    String length = head.fields().first("Content-Length");
    left = length != null && length.matches("\\d{1,18}") ? Long.parseLong(length) : -1;
    super.head(head);
  }

  @Override
  public void write(ByteBuffer piece, boolean flush, Completion done) {
    boolean last = left >= 0 && (left -= piece.remaining()) <= 0;
    if (!last) {
      super.write(piece, flush, done);
      return;
    }
    LastWrite writing = new LastWrite(done);
    counted.suspend();
    super.write(piece, flush, writing);
    writing.await();
  }

  @Override
  public void complete() {
    counted.suspend();
    super.complete();
  }

  @Override
  public void abort(Throwable cause) {
    counted.suspend();
    super.abort(cause);
  }

  @Override
  public void drop() {
    counted.suspend();
    super.drop();
  }

  /** The write of the last piece, and a limit for it where it is not done at once. */
  private final class LastWrite implements Completion {
    private final Completion done;
    private boolean over;
    private Timers.@Nullable Limit limit;

    LastWrite(Completion done) {
      this.done = done;
    }

    synchronized void await() {
      if (!over) {
        limit = timers.start(SOON, counted::resume);
      }
    }

    private synchronized void over() {
      over = true;
      if (limit != null) {
        limit.stop();
      }
    }

    @Override
    public void succeeded() {
      over();
      done.succeeded();
    }

    @Override
    public void failed(Throwable cause) {
      over();
      done.failed(cause);
    }
  }
}
