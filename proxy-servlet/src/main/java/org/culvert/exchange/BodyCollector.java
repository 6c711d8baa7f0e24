package org.culvert.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.culvert.http.GatewayFailure;

/**
 * Reads a client's whole body before anything is dialled ({@code proxy_request_buffering on}).
 * Reads by demand, on the client's threads.
 */
final class BodyCollector {
  private static final int PIECE = 16 * 1024;

  private final RequestBody body;
  private final BufferedBody into;
  private final Runnable whole;
  private final Consumer<GatewayFailure> failed;
  private final AtomicInteger signals = new AtomicInteger();
  private final ByteBuffer piece = ByteBuffer.allocate(PIECE);

  /** A collector; exactly one of the two is told, once. */
  BodyCollector(
      RequestBody body, BufferedBody into, Runnable whole, Consumer<GatewayFailure> failed) {
    this.body = body;
    this.into = into;
    this.whole = whole;
    this.failed = failed;
  }

  void start() {
    proceed();
  }

  /** Runs on whatever thread says that there is more; a callback that comes at once only counts. */
  private void proceed() {
    if (signals.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      collect();
      seen = signals.addAndGet(-seen);
    } while (seen != 0);
  }

  private void collect() {
    try {
      while (true) {
        piece.clear();
        int read = body.read(piece);
        if (read < 0) {
          into.filled(body.trailers());
          break;
        }
        if (read == 0) {
          body.demand(this::proceed);
          return;
        }
        into.append(piece.flip());
      }
    } catch (IOException e) {
      failed.accept(
          e.getCause() instanceof GatewayFailure known
              ? known
              : new GatewayFailure(
                  GatewayFailure.Kind.CLIENT_GONE,
                  "client prematurely closed connection while sending its body: " + e,
                  e));
      return;
    }
    whole.run();
  }
}
