package org.culvert.servlet;

import java.io.IOException;
import org.culvert.exchange.Completion;
import org.culvert.upgrade.Piece;

/** What containers do differently with a WebSocket session: each in a class of its own. */
interface ContainerSession {
  /**
   * Stops reading from the client without holding a thread.
   *
   * @return false where the container cannot; then the callback has to wait
   */
  boolean suspend();

  /**
   * Reads again.
   *
   * @return false where the container is still about to stop: to be asked again soon
   */
  boolean resume();

  /** Sends a piece; does not wait. One at a time. */
  void send(Piece piece, Completion done);

  /** Sends a ping; may wait. */
  void ping() throws IOException;

  /** Sends a Close, 1005 being one without a status; may wait. */
  void close(int code, String reason) throws IOException;

  /** Ends the connection as abruptly as the container can; may wait briefly. */
  void cut();

  /** Whether a session that was closed by us has ended: the peer's Close came, or nothing will. */
  boolean isGone();
}
