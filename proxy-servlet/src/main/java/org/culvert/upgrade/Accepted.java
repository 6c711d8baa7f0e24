package org.culvert.upgrade;

import org.culvert.exchange.JettyClient;
import org.culvert.exchange.Timers;
import org.culvert.http.HeaderFields;
import org.jspecify.annotations.Nullable;

/**
 * A backend that said 101 and waits: nothing is read from it until the relay starts.
 *
 * @param backend the socket; whoever holds this owns it
 * @param subprotocol the backend's choice among the client's offers, or null where it chose none
 * @param fields the 101's fields after the location's rules, none of the handshake's own
 * @param settings how the relay runs
 * @param timers for the relay's limits
 * @param client on whose selector the backend's connection is
 */
public record Accepted(
    Hop backend,
    @Nullable String subprotocol,
    HeaderFields fields,
    RelaySettings settings,
    Timers timers,
    JettyClient client) {
  /**
   * The whole head of the client's 101, for a front that completes the handshake by itself.
   *
   * @param key the client's {@code Sec-WebSocket-Key}
   */
  public HeaderFields head(String key) {
    HeaderFields whole =
        HeaderFields.of(
            "Upgrade",
            Offer.WEBSOCKET,
            "Connection",
            "Upgrade",
            "Sec-WebSocket-Accept",
            ServerHandshake.accept(key));
    if (subprotocol != null) {
      whole.add("Sec-WebSocket-Protocol", subprotocol);
    }
    whole.addAll(fields.toList());
    return whole;
  }

  /** Cuts the backend off: the client is gone or its handshake could not be completed. */
  public void abort() {
    backend.abort();
  }
}
