package org.culvert.servlet;

import java.nio.ByteBuffer;
import java.util.function.UnaryOperator;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.ForwardingDownstream;
import org.culvert.http.ResponseHead;

/**
 * The client's leg, which an answer's head may slow down ({@code limit_rate}): below the coding, as
 * in nginx, so that what is sent counts.
 */
final class PaceableDownstream extends ForwardingDownstream {
  private final Downstream client;
  private final UnaryOperator<Downstream> paced;
  private volatile Downstream leg;

  /**
   * A leg whose answer has not begun.
   *
   * @param paced gives the leg of an answer whose head has come: that which it gets, or a slower
   *     one
   */
  PaceableDownstream(Downstream client, UnaryOperator<Downstream> paced) {
    super(client);
    this.client = client;
    this.paced = paced;
    this.leg = client;
  }

  @Override
  public void head(ResponseHead head) {
    Downstream chosen = paced.apply(client);
    leg = chosen;
    chosen.head(head);
  }

  @Override
  public void write(ByteBuffer piece, boolean flush, Completion done) {
    leg.write(piece, flush, done);
  }

  @Override
  public void abort(Throwable cause) {
    leg.abort(cause);
  }
}
