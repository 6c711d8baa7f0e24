package org.culvert.exchange;

import java.nio.ByteBuffer;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;

/**
 * The client's side of one exchange: its body comes in (clientToProxy), the answer goes out
 * (proxyToClient). The servlet package implements it over asynchronous servlet I/O, and over
 * blocking I/O where a filter forbids async. One answer only; calls come one after the other, from
 * any thread.
 */
public interface Downstream {
  /** The client's body. */
  RequestBody body();

  /** Sends an interim answer (100, 103) where the container can; otherwise does nothing. */
  void interim(ResponseHead head);

  /**
   * Sets status and fields of the answer. They go out with the first {@link #write} or with {@link
   * #complete}; until then {@link #isCommitted} is false and another head may replace this one.
   */
  void head(ResponseHead head);

  /** Sets the trailer fields; before the last write. */
  void trailers(HeaderFields trailers);

  /**
   * Writes a piece of the body. The buffer belongs to the callee until {@code done} is told, which
   * means that the next piece may be given. At most one write is in flight.
   *
   * @param flush whether the bytes should go to the client at once
   */
  void write(ByteBuffer piece, boolean flush, Completion done);

  /**
   * Writes what this leg has kept back of a body whose last piece was given, a coding's end for
   * instance; before {@link #complete}, where nothing was cut short.
   */
  default void endBody(Completion done) {
    done.succeeded();
  }

  /** Ends the answer, regularly. Idempotent. */
  void complete();

  /**
   * Ends the answer abruptly: what was sent stays recognisably incomplete (no last chunk, the
   * connection closed or the stream reset). Idempotent; does nothing after {@link #complete}.
   */
  void abort(Throwable cause);

  /** Ends the connection without an answer: nginx's 444. */
  default void drop() {
    abort(new GatewayFailure(GatewayFailure.Kind.CLIENT_GONE, "return 444"));
  }

  /** Whether a byte of the answer, head included, may have gone to the client. */
  boolean isCommitted();

  /**
   * Calls back once if the client leaves before the answer is complete, where the container tells.
   */
  void onClientGone(Runnable gone);

  /**
   * Whether a call may make its thread wait, for the container's own thread or for a client: then
   * it does not come from a selector's.
   */
  default boolean mayWait() {
    return false;
  }
}
