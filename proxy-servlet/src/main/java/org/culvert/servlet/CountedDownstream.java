package org.culvert.servlet;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.ForwardingDownstream;
import org.culvert.http.ResponseHead;
import org.culvert.limit.CountedKeys;

/**
 * The client's leg of a request that is counted ({@code limit_conn}): a client that has its whole
 * answer may ask again at once, so the count goes down before the last of it is sent, and up again
 * where the client is slow to take that.
 */
final class CountedDownstream extends ForwardingDownstream {
  private final CountedKeys counted;
  private long left = -1;

  CountedDownstream(Downstream client, CountedKeys counted) {
    super(client);
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
    AtomicBoolean over = new AtomicBoolean();
    counted.suspend();
    super.write(
        piece,
        flush,
        new Completion() {
          @Override
          public void succeeded() {
            over.set(true);
            done.succeeded();
          }

          @Override
          public void failed(Throwable cause) {
            over.set(true);
            done.failed(cause);
          }
        });
    if (!over.get()) {
      counted.resume();
    }
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
}
