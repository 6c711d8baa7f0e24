package org.culvert.servlet;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.culvert.exchange.Completion;
import org.culvert.exchange.SendTimeout;
import org.culvert.exchange.Timers;
import org.culvert.http.GatewayFailure;
import org.jspecify.annotations.Nullable;

/**
 * Writes to the client under {@code send_timeout}: each tells its end once, by the container, by
 * the limit, or by whoever gives it up. One at a time.
 */
final class TimedWriter {
  private static final Duration SEND_TIMEOUT = Duration.ofSeconds(60);

  private final ServletResponseWriter writer;
  private final Timers timers;
  private volatile Duration sendTimeout = SEND_TIMEOUT;
  private volatile @Nullable SendTimeout limit;
  private volatile @Nullable InFlight inFlight;

  TimedWriter(ServletResponseWriter writer, Timers timers) {
    this.writer = writer;
    this.timers = timers;
  }

  /** Sets {@code send_timeout}, for the first write and those after it. */
  void sendTimeout(Duration time) {
    sendTimeout = time;
  }

  void write(ByteBuffer piece, boolean flush, Completion done) {
    InFlight writing = begin(done);
    writer.write(piece, flush, writing);
    writing.timeout.await();
  }

  void flush(Completion done) {
    InFlight flushing = begin(done);
    writer.flush(flushing);
    flushing.timeout.await();
  }

  private InFlight begin(Completion done) {
    SendTimeout timeout = limit;
    if (timeout == null) {
      Duration time = sendTimeout;
      timeout =
          new SendTimeout(
              timers,
              time,
              () ->
                  fail(
                      new GatewayFailure(
                          GatewayFailure.Kind.CLIENT_TIMEOUT,
                          "client timed out: it took nothing for " + time)));
      limit = timeout;
    }
    InFlight beginning = new InFlight(done, timeout);
    inFlight = beginning;
    timeout.begin();
    return beginning;
  }

  /** The write under way is not waited for any longer. */
  void fail(GatewayFailure cause) {
    InFlight writing = inFlight;
    if (writing != null) {
      writing.failed(cause);
    }
  }

  /** There will be no write that waits. */
  void stop() {
    SendTimeout timeout = limit;
    if (timeout != null) {
      timeout.stop();
    }
  }

  /** What the container has been asked to write, until it or somebody else says how it ended. */
  private static final class InFlight implements Completion {
    private final AtomicBoolean told = new AtomicBoolean();
    private final Completion done;
    private final SendTimeout timeout;

    InFlight(Completion done, SendTimeout timeout) {
      this.done = done;
      this.timeout = timeout;
    }

    @Override
    public void succeeded() {
      if (told.compareAndSet(false, true)) {
        timeout.end();
        done.succeeded();
      }
    }

    @Override
    public void failed(Throwable cause) {
      if (told.compareAndSet(false, true)) {
        timeout.end();
        done.failed(cause);
      }
    }
  }
}
