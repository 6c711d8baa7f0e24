package org.culvert.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.culvert.exchange.Completion;
import org.jspecify.annotations.Nullable;

/**
 * Writes one piece after the other over asynchronous servlet output. The container's signal and the
 * writer's next piece may cross on two threads; the loop has one thread in it at a time.
 */
final class ServletResponseWriter implements WriteListener {
  /** What is still to do for the piece in hand. */
  private enum Step {
    NOTHING,
    WRITE,
    FLUSH,
    DRAIN,
    DONE
  }

  private final HttpServletResponse response;
  private final AsyncRequest async;
  private final Consumer<Throwable> broken;
  private final AtomicInteger signals = new AtomicInteger();
  private @Nullable ServletOutputStream output;
  private volatile Step step = Step.NOTHING;
  private volatile boolean flushing;
  private volatile @Nullable ByteBuffer piece;
  private volatile @Nullable Completion done;
  private volatile @Nullable Throwable failure;

  /**
   * A writer for a response in asynchronous mode.
   *
   * @param broken told when the container reports that the client broke off
   */
  ServletResponseWriter(
      HttpServletResponse response, AsyncRequest async, Consumer<Throwable> broken) {
    this.response = response;
    this.async = async;
    this.broken = broken;
  }

  /** Writes a piece; {@code done} when the container has taken it all. */
  void write(ByteBuffer bytes, boolean flush, Completion whenDone) {
    piece = bytes;
    flushing = flush;
    done = whenDone;
    step = Step.WRITE;
    begin();
  }

  /** Has the container send what it holds; {@code done} when that is on its way. */
  void flush(Completion whenDone) {
    done = whenDone;
    step = Step.FLUSH;
    begin();
  }

  private void begin() {
    if (output != null) {
      signal();
      return;
    }
    try {
      boolean begun =
          async.use(
              () -> {
                ServletOutputStream out = response.getOutputStream();
                output = out;
                out.setWriteListener(this); // Its first signal starts the writing.
              });
      if (!begun) {
        finish(new IOException("the answer is over"));
      }
    } catch (IOException | IllegalStateException e) {
      onError(e);
    }
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

  private void proceed() {
    ServletOutputStream out = output;
    if (out == null || step == Step.NOTHING) {
      return;
    }
    Throwable failed = failure;
    if (failed != null) {
      finish(failed);
      return;
    }
    try {
      if (!async.useOrCut(() -> advance(out))) {
        finish(new IOException("the answer is over"));
      } else if (step == Step.DONE) {
        finish(null);
      }
    } catch (IOException | IllegalStateException e) {
      finish(e);
    }
  }

  private void advance(ServletOutputStream out) throws IOException {
    while (step != Step.DONE && out.isReady()) {
      switch (step) {
        case WRITE -> {
          step = flushing ? Step.FLUSH : Step.DRAIN;
          transfer(out);
        }
        case FLUSH -> {
          step = Step.DRAIN;
          out.flush();
        }
        default -> step = Step.DONE;
      }
    }
  }

  private void transfer(ServletOutputStream out) throws IOException {
    ByteBuffer bytes = piece;
    if (bytes != null && bytes.hasRemaining()) {
      transfer(bytes, out);
    }
  }

  /** Writes all of a piece to a stream that takes it. */
  static void transfer(ByteBuffer bytes, ServletOutputStream out) throws IOException {
    if (bytes.hasArray()) {
      out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
      return;
    }
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    out.write(copy, 0, copy.length);
  }

  private void finish(@Nullable Throwable failed) {
    Completion told = done;
    step = Step.NOTHING;
    done = null;
    piece = null;
    if (told == null) {
      return;
    }
    if (failed == null) {
      told.succeeded();
    } else {
      told.failed(failed);
    }
  }

  @Override
  public void onWritePossible() {
    signal();
  }

  @Override
  public void onError(Throwable cause) {
    failure = cause;
    if (output == null) {
      finish(cause);
    } else {
      signal();
    }
    broken.accept(cause);
  }
}
