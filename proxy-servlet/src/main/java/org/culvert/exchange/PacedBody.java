package org.culvert.exchange;

import java.time.Duration;
import org.culvert.exchange.ProxySettings.ResponseRules;
import org.culvert.http.ByteSize;
import org.culvert.http.HeaderFields;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * A peer's body that is read no faster than a rate ({@code proxy_limit_rate}; nginx, {@code
 * ngx_event_pipe_read_upstream}): what the seconds since the answer began allow, one of them at
 * once. No thread waits. A piece that is here is read whole, and the next one waits for it the
 * longer.
 */
final class PacedBody implements AnswerBody {
  private static final double NANOS_A_SECOND = 1e9;

  private final AnswerBody body;
  private final Timers timers;
  private final long rate;
  private final long began = System.nanoTime();
  private long read;

  private PacedBody(AnswerBody body, Timers timers, long rate) {
    this.body = body;
    this.timers = timers;
    this.rate = rate;
  }

  /** The body, slowed down where a location wants that; without buffering nginx does not. */
  static AnswerBody of(AnswerBody body, ResponseRules rules, Scope scope, Timers timers) {
    if (rules.limitRate() == null || !rules.buffering()) {
      return body;
    }
    long rate = ByteSize.parse(rules.limitRate().evaluate(scope));
    return rate > 0 ? new PacedBody(body, timers, rate) : body;
  }

  /** How long nothing is to be read; 0 or less for not at all. */
  private long pauseNanos() {
    double allowed = (read / (double) rate - 1) * NANOS_A_SECOND;
    return (long) allowed - (System.nanoTime() - began);
  }

  @Override
  public @Nullable Piece read() {
    if (pauseNanos() > 0) {
      return null;
    }
    Piece piece = body.read();
    if (piece != null) {
      read += piece.bytes().remaining();
    }
    return piece;
  }

  @Override
  public void demand(Runnable ready) {
    long pause = pauseNanos();
    if (pause > 0) {
      timers.after(Duration.ofNanos(pause).plusMillis(1), ready);
    } else {
      body.demand(ready);
    }
  }

  @Override
  public void cancel(Throwable cause) {
    body.cancel(cause);
  }

  @Override
  public HeaderFields trailers() {
    return body.trailers();
  }
}
