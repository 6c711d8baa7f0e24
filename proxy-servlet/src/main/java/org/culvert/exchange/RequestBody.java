package org.culvert.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.culvert.http.HeaderFields;

/**
 * The client's request body, read by demand (clientToProxy). One reader, not thread-safe; calls may
 * come from different threads one after the other.
 */
public interface RequestBody {
  /** The Content-Length; -1 where it is not known (chunked, HTTP/2), 0 where there is no body. */
  long length();

  /**
   * Reads what is here without waiting.
   *
   * @return the number of bytes read, 0 when there are none now, -1 at the end
   * @throws IOException when the client broke off or sent what is not HTTP
   */
  int read(ByteBuffer into) throws IOException;

  /**
   * Calls back once, as soon as {@link #read} would not return 0 or would throw. At most one demand
   * is outstanding. May call back at once, on the calling thread.
   */
  void demand(Runnable ready);

  /** Trailer fields; complete only after {@link #read} returned -1. */
  HeaderFields trailers();
}
