package org.culvert.servlet;

import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import java.util.concurrent.atomic.AtomicBoolean;
import org.culvert.exchange.ProxySettings.WebSocketMode;
import org.culvert.upgrade.Accepted;
import org.culvert.upgrade.AcceptedTunnel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ways in which a servlet context can complete a client's upgrade: the relay, where the
 * container has WebSocket, and the tunnel, where a request's connection can be had. Closed with the
 * context. Thread-safe.
 *
 * @param relay null where the container has no WebSocket
 */
record Upgrades(@Nullable JakartaUpgrade relay, TunnelUpgrade tunnel) implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Upgrades.class);
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  /** Registers what the container must know of; while the context starts, once. */
  static Upgrades register(ServletContext context) {
    return new Upgrades(JakartaUpgrade.register(context), new TunnelUpgrade());
  }

  /** Whether this request's WebSocket is to be tunnelled as far as its client is concerned. */
  boolean tunnels(WebSocketMode mode, HttpServletRequest request) {
    if (mode != WebSocketMode.TUNNEL && mode != WebSocketMode.AUTO) {
      return false;
    }
    if (TunnelFront.of(request) != null) {
      return true;
    }
    if (mode == WebSocketMode.TUNNEL && WARNED.compareAndSet(false, true)) {
      log.warn(
          "\"proxy_websocket tunnel\": a client's WebSocket is relayed, because its connection ({}"
              + "{}) has no bare socket; this is said once",
          request.getProtocol(),
          request.isSecure() ? " with TLS" : "");
    }
    return false;
  }

  /** What remains to be done for a client whose messages are relayed. */
  PendingUpgrade pending(Accepted accepted, RequestCycle cycle) {
    JakartaUpgrade container = relay;
    if (container == null) {
      throw new IllegalStateException("an upgrade was dialled in a container without WebSocket");
    }
    return new PendingUpgrade(
        (request, response) -> container.complete(request, response, accepted, cycle::relayed),
        accepted::abort,
        accepted.timers(),
        cycle);
  }

  /** What remains to be done for a client whose bytes are tunnelled. */
  PendingUpgrade pending(AcceptedTunnel accepted, RequestCycle cycle) {
    return new PendingUpgrade(
        (request, response) -> tunnel.complete(request, response, accepted, cycle::relayed),
        accepted::abort,
        accepted.timers(),
        cycle);
  }

  @Override
  public void close() {
    tunnel.close();
    if (relay != null) {
      relay.close();
    }
  }
}
