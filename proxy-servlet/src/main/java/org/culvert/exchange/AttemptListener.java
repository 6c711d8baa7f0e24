package org.culvert.exchange;

import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;

/**
 * An attempt to have a request answered, of which its connection tells: on any thread, never under
 * the connection's lock.
 */
interface AttemptListener {
  /** The final head, or that of a 101; asked for the body, or for the switch, from now on. */
  void answered(ResponseHead head);

  /** It was cut short; the connection is closed. */
  void broken(Throwable cause);

  /** All of the answer was read; what came behind its body. */
  void trailers(HeaderFields fields);

  /** It is over: nothing further of the request is to be sent. */
  void ended();

  /** Nothing came for so long; the attempt is to be aborted. */
  void timedOut();

  /** Whether what it does with an answer may make the thread wait. */
  boolean mayWait();
}
