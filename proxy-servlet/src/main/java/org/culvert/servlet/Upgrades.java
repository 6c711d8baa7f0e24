package org.culvert.servlet;

import jakarta.servlet.ServletContext;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.culvert.exchange.ExchangeEnd;
import org.culvert.exchange.ProxySettings.WebSocketMode;
import org.culvert.upgrade.Accepted;
import org.culvert.upgrade.AcceptedTunnel;
import org.culvert.upgrade.Offer;
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

  /**
   * What carries an upgrade. A WebSocket that turns out not to be tunnelled must be relayed.
   *
   * @return null where it cannot be carried: the request goes on as a plain one
   */
  @Nullable UpgradeCycle cycle(
      RequestCycle cycle, UpgradeCall call, WebSocketMode mode, Offer.Wanted offer) {
    if (relay == null) {
      return null;
    }
    boolean tunnel = tunnels(mode, call);
    return tunnel || offer.isWebSocket()
        ? new UpgradeCycle(cycle, this, call, mode, offer, tunnel)
        : null;
  }

  /** Whether this request's upgrade is to be tunnelled as far as its client is concerned. */
  private boolean tunnels(WebSocketMode mode, UpgradeCall call) {
    if (!mode.tunnels()) {
      return false;
    }
    if (call.canTunnel()) {
      return true;
    }
    if (mode == WebSocketMode.TUNNEL && warnedOfClient.compareAndSet(false, true)) {
      log.warn(
          "\"proxy_websocket tunnel\": a client's WebSocket is relayed, because its connection cannot"
              + " be had (TLS by OpenSSL, or a connector that keeps its sockets); this is said"
              + " once");
    }
    return false;
  }

  /** A client that could be tunnelled is relayed for its backend's sake. */
  void backendIsRelayed(WebSocketMode mode) {
    if (mode == WebSocketMode.TUNNEL && warnedOfBackend.compareAndSet(false, true)) {
      log.warn(
          "\"proxy_websocket tunnel\": a WebSocket is relayed, because its upstream is one of https"
              + " and Jetty's TLS cannot be looked into here; this is said once");
    }
  }

  /**
   * What remains to be done for a client whose messages are relayed.
   *
   * @param end told when the client's handshake cannot be completed
   * @param opened told when it is
   * @param ended told when the relay is over
   */
  PendingUpgrade pending(
      Accepted accepted, ExchangeEnd end, Runnable opened, Consumer<RelayEnd> ended) {
    JakartaUpgrade container = relay;
    if (container == null) {
      throw new IllegalStateException("an upgrade was dialled in a container without WebSocket");
    }
    return new PendingUpgrade(
        client -> container.complete(client, accepted, ended),
        accepted::abort,
        accepted.timers(),
        opened,
        end);
  }

  /** The same for a client whose bytes are tunnelled. */
  PendingUpgrade pending(
      AcceptedTunnel accepted, ExchangeEnd end, Runnable opened, Consumer<RelayEnd> ended) {
    return new PendingUpgrade(
        client -> tunnel.complete(client, accepted, ended),
        accepted::abort,
        accepted.timers(),
        opened,
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
