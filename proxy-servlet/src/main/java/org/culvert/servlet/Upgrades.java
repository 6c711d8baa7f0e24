package org.culvert.servlet;

import jakarta.servlet.ServletContext;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.culvert.exchange.ExchangeEnd;
import org.culvert.exchange.ProxySettings.WebSocketMode;
import org.culvert.upgrade.Accepted;
import org.culvert.upgrade.AcceptedTunnel;
import org.culvert.upgrade.RelayEnd;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ways in which a servlet context can complete a client's upgrade: the relay, where the
 * container has WebSocket, and the tunnel, where a request's connection can be had. Closed with the
 * context. Thread-safe.
 */
final class Upgrades implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Upgrades.class);

  private final @Nullable JakartaUpgrade relay;
  private final TunnelUpgrade tunnel;
  private final AtomicBoolean warnedOfClient = new AtomicBoolean();
  private final AtomicBoolean warnedOfBackend = new AtomicBoolean();

  /**
   * What a context has.
   *
   * @param relay null where the container has no WebSocket
   */
  Upgrades(@Nullable JakartaUpgrade relay, TunnelUpgrade tunnel) {
    this.relay = relay;
    this.tunnel = tunnel;
  }

  /** Registers what the container must know of; while the context starts, once. */
  static Upgrades register(ServletContext context) {
    return new Upgrades(JakartaUpgrade.register(context), new TunnelUpgrade());
  }

  /** Whether a WebSocket can be dialled here: what cannot be tunnelled must be relayed. */
  boolean isPossible() {
    return relay != null;
  }

  /** Whether this request's WebSocket is to be tunnelled as far as its client is concerned. */
  boolean tunnels(WebSocketMode mode, ServletCall call) {
    if (mode != WebSocketMode.TUNNEL && mode != WebSocketMode.AUTO) {
      return false;
    }
    if (call.asks(request -> TunnelFront.of(request) != null)) {
      return true;
    }
    if (mode == WebSocketMode.TUNNEL && warnedOfClient.compareAndSet(false, true)) {
      log.warn(
          "\"proxy_websocket tunnel\": a client's WebSocket is relayed, because its connection has"
              + " no bare socket (TLS, HTTP/2, or a connector that keeps it); this is said once");
    }
    return false;
  }

  /** A client that could be tunnelled is relayed for its backend's sake. */
  void backendIsRelayed(WebSocketMode mode) {
    if (mode == WebSocketMode.TUNNEL && warnedOfBackend.compareAndSet(false, true)) {
      log.warn(
          "\"proxy_websocket tunnel\": a WebSocket is relayed, because its upstream is one of"
              + " https; this is said once");
    }
  }

  /**
   * What remains to be done for a client whose messages are relayed.
   *
   * @param end told when the client's handshake cannot be completed
   * @param ended told when the relay is over
   */
  PendingUpgrade pending(Accepted accepted, ExchangeEnd end, Consumer<RelayEnd> ended) {
    JakartaUpgrade container = relay;
    if (container == null) {
      throw new IllegalStateException("an upgrade was dialled in a container without WebSocket");
    }
    return new PendingUpgrade(
        (request, response) -> container.complete(request, response, accepted, ended),
        accepted::abort,
        accepted.timers(),
        end);
  }

  /** The same for a client whose bytes are tunnelled. */
  PendingUpgrade pending(AcceptedTunnel accepted, ExchangeEnd end, Consumer<RelayEnd> ended) {
    return new PendingUpgrade(
        (request, response) -> tunnel.complete(request, response, accepted, ended),
        accepted::abort,
        accepted.timers(),
        end);
  }

  @Override
  public void close() {
    tunnel.close();
    if (relay != null) {
      relay.close();
    }
  }
}
