package org.culvert.exchange;

import java.nio.ByteBuffer;
import org.culvert.http.HeaderFields;
import org.jspecify.annotations.Nullable;

/**
 * The body of an upstream's answer, read by demand (serverToProxy). One reader; calls come from
 * different threads, one after the other.
 */
public interface AnswerBody {
  /** A piece of the body. Must be released once its bytes were used. */
  interface Piece {
    /** The bytes; empty in a piece that only says that the body is over. */
    ByteBuffer bytes();

    /** Whether nothing follows. */
    boolean isLast();

    /** Why the body was cut short, or null; such a piece has no bytes and is the last. */
    @Nullable Throwable failure();

    /** Gives the bytes back. */
    void release();
  }

  /** Reads without waiting; null when nothing is here now. */
  @Nullable Piece read();

  /** Calls back once, as soon as {@link #read} would not return null. */
  void demand(Runnable ready);

  /** Ends the exchange with the upstream: nobody wants the rest. */
  void cancel(Throwable cause);

  /** Trailer fields; complete only after the last piece. */
  HeaderFields trailers();
}
