package org.culvert.exchange;

import java.nio.ByteBuffer;
import org.culvert.http.HeaderFields;
import org.jspecify.annotations.Nullable;

/** What of a peer's body is the client's: all or a part of it, with its trailers or without. */
final class ForwardedBody implements AnswerBody {
  private final AnswerBody body;
  private final boolean withTrailers;
  private long skip;
  private long left;

  /**
   * A body.
   *
   * @param start bytes that are thrown away at its begin
   * @param end where the client's part ends: what follows is read and thrown away
   * @param withTrailers {@code proxy_pass_trailers}
   */
  ForwardedBody(AnswerBody body, long start, long end, boolean withTrailers) {
    this.body = body;
    this.skip = start;
    this.left = end - start;
    this.withTrailers = withTrailers;
  }

  @Override
  public @Nullable Piece read() {
    Piece piece = body.read();
    if (piece != null) {
      ByteBuffer bytes = piece.bytes();
      int skipped = (int) Math.min(skip, bytes.remaining());
      bytes.position(bytes.position() + skipped);
      skip -= skipped;
      int kept = (int) Math.min(left, bytes.remaining());
      bytes.limit(bytes.position() + kept);
      left -= kept;
    }
    return piece;
  }

  @Override
  public void demand(Runnable ready) {
    body.demand(ready);
  }

  @Override
  public void cancel(Throwable cause) {
    body.cancel(cause);
  }

  @Override
  public HeaderFields trailers() {
    return withTrailers ? body.trailers() : new HeaderFields();
  }
}
