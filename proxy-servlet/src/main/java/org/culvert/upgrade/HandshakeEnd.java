package org.culvert.upgrade;

import org.culvert.exchange.ExchangeEnd;

/**
 * How a handshake with the backend ended: with its 101, or as an exchange ends, for a refusal is an
 * answer like any other. Exactly one method is called, once, on any thread.
 */
public interface HandshakeEnd extends ExchangeEnd {
  /**
   * The backend accepted, rightly. The caller completes the client's handshake, or {@link
   * Accepted#abort}s.
   */
  void accepted(Accepted accepted);

  /** The same, for a client whose connection is to be tunnelled. */
  void tunnelled(AcceptedTunnel accepted);
}
