package org.culvert.upgrade;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.culvert.exchange.Timers;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;

/**
 * Closes a connection behind its last frame while the peer may still be sending: a socket that is
 * closed with bytes unread is reset, and the reset may overtake what was written last (RFC 6455,
 * section 7.1.1; nginx, lingering_close). So the output is ended first, and what comes is thrown
 * away until the peer ends its own, for a short time and up to a limit. One thread at a time, and
 * none waits.
 */
final class JettyLingeringClose implements Callback {
  private static final Duration LIMIT = Duration.ofMillis(500);
  private static final int MOST_BYTES = 1 << 20;

  private final EndPoint endPoint;
  private final Runnable close;
  private int left = MOST_BYTES;

  private JettyLingeringClose(EndPoint endPoint, Runnable close) {
    this.endPoint = endPoint;
    this.close = close;
  }

  /**
   * Begins, when nobody else reads from the endpoint any more.
   *
   * @param close closes the connection; idempotent, on any thread
   */
  static void begin(EndPoint endPoint, Timers timers, Runnable close) {
    Timers.Limit limit = timers.start(LIMIT, close);
    JettyLingeringClose lingering =
        new JettyLingeringClose(
            endPoint,
            () -> {
              limit.stop();
              close.run();
            });
    endPoint.shutdownOutput();
    lingering.discard();
  }

  private void discard() {
    ByteBuffer into = PieceBuffers.take();
    try {
      while (left > 0) {
        int count = endPoint.fill(into.position(0).limit(0)); // Jetty appends behind the limit.
        if (count == 0) {
          endPoint.fillInterested(this);
          return;
        }
        left = count < 0 ? 0 : left - count;
      }
    } catch (IOException | RuntimeException e) {
      left = 0; // It is closed already, or soon.
    } finally {
      PieceBuffers.give(into);
    }
    close.run();
  }

  @Override
  public InvocationType getInvocationType() {
    return InvocationType.NON_BLOCKING;
  }

  @Override
  public void succeeded() {
    discard();
  }

  @Override
  public void failed(Throwable cause) {
    close.run();
  }
}
