package org.culvert.upgrade;

import org.culvert.exchange.Timers;
import org.culvert.http.HeaderFields;
import org.culvert.tunnel.FrameMeter;
import org.jspecify.annotations.Nullable;

/**
 * A backend that said 101 and whose socket waits for the client's: nothing is read from it until
 * the tunnel starts.
 *
 * @param backend the socket; whoever holds this owns it
 * @param fields the whole head of the client's answer: the backend's handshake as it is, the rest
 *     by the location's rules
 * @param reserved what its frames may have; null where its bytes are not WebSocket's
 * @param settings the times
 * @param timers for the limit on the client's opening
 */
public record AcceptedTunnel(
    JettyTunnelSocket backend,
    HeaderFields fields,
    FrameMeter.@Nullable ReservedBits reserved,
    RelaySettings settings,
    Timers timers) {
  /** Cuts the backend off: the client is gone or its handshake could not be completed. */
  public void abort() {
    backend.close();
  }
}
