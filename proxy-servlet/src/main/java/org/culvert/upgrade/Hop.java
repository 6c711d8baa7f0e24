package org.culvert.upgrade;

import org.culvert.exchange.Completion;

/**
 * One of the two WebSocket connections of a relay, open. The adapters of containers and of Jetty's
 * client implement it; they answer pings, complete the close handshake of their own connection, and
 * hold at most one piece. Calls may come from any thread; {@link #send} never while another send is
 * not done.
 */
public interface Hop {
  /** What a hop tells. Calls come one after the other, on any thread, and should not block. */
  interface Events {
    /** A piece came; at most one for each {@link Hop#demand}. */
    void piece(Piece piece);

    /** A ping or pong came: the peer lives. */
    void alive();

    /**
     * The peer sent a Close; it is answered. The last event.
     *
     * @param code the status code, 1005 where it has none (RFC 6455, section 7.1.5)
     */
    void closed(int code, String reason);

    /** The connection ended without a Close from the peer. The last event. */
    void broken(Throwable cause);
  }

  /** Begins; nothing is read before the first {@link #demand}. Once. */
  void start(Events events);

  /** Gives the last piece back and asks for the next. */
  void demand();

  /**
   * Asks for the next piece where the last one could not be sent: a container that has told of the
   * failure may be writing from its bytes still, so they are nobody's any more.
   */
  default void demandAfterFailure() {
    demand();
  }

  /** Sends a piece; its bytes are the hop's until done. */
  void send(Piece piece, Completion done);

  /** Sends a ping, unless that would have to wait. */
  void ping();

  /**
   * Sends a Close after what was sent, and goes on reading until the peer's Close, which is the
   * caller's to wait for. Idempotent; does nothing after the peer's Close.
   *
   * @param code 1005 for none; never 1004, 1006 or 1015
   */
  void close(int code, String reason);

  /** Cuts the connection, at once and without a Close. Idempotent. */
  void abort();
}
