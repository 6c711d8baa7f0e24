package org.culvert.servlet;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.LocationRules;
import org.culvert.exchange.ProxySettings;
import org.culvert.exchange.ProxySettings.WebSocketMode;
import org.culvert.exchange.Upstreams;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.observe.ResponseRecord;
import org.culvert.upgrade.Accepted;
import org.culvert.upgrade.AcceptedTunnel;
import org.culvert.upgrade.HandshakeEnd;
import org.culvert.upgrade.JettyHandshake;
import org.culvert.upgrade.Offer;
import org.culvert.upgrade.RelayEnd;
import org.culvert.upgrade.WebSocketRecord;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * The part of a request that is an upgrade: the backend is dialled, then the client's handshake is
 * completed by relay or tunnel, and the WebSocket's end is told to the logs. A refusal is the
 * request's, as any answer.
 */
final class UpgradeCycle implements HandshakeEnd {
  private final RequestCycle cycle;
  private final Upgrades upgrades;
  private @Nullable UpgradeCall call;
  private final WebSocketMode mode;
  private final Offer.Wanted offer;
  private final boolean tunnel;
  private volatile @Nullable Consumer<GatewayFailure> abort;
  private long acceptedNanos;

  /**
   * One that has not begun.
   *
   * @param tunnel whether the client's connection can be tunnelled, and is to be
   */
  UpgradeCycle(
      RequestCycle cycle,
      Upgrades upgrades,
      UpgradeCall call,
      WebSocketMode mode,
      Offer.Wanted offer,
      boolean tunnel) {
    this.cycle = cycle;
    this.upgrades = upgrades;
    this.call = call;
    this.mode = mode;
    this.offer = offer;
    this.tunnel = tunnel;
  }

  /** Begins the dial; returns at once. */
  void start(
      Upstreams upstreams,
      Downstream downstream,
      ProxySettings settings,
      LocationRules rules,
      Duration sendTimeout) {
    JettyHandshake handshake =
        new JettyHandshake(
            upstreams,
            downstream,
            settings,
            rules,
            cycle.scope(),
            offer,
            tunnel,
            sendTimeout,
            this);
    abort = handshake::abort;
    handshake.start();
  }

  /** Ends what has not become a WebSocket yet. */
  void abort(GatewayFailure why) {
    Consumer<GatewayFailure> running = abort;
    if (running != null) {
      running.accept(why);
    }
  }

  @Override
  public void accepted(Accepted accepted) {
    if (tunnel) {
      upgrades.backendIsRelayed(mode);
    }
    upgraded(accepted.fields(), upgrades.pending(accepted, cycle, this::opened, this::ended));
  }

  @Override
  public void tunnelled(AcceptedTunnel accepted) {
    upgraded(accepted.fields(), upgrades.pending(accepted, cycle, this::opened, this::ended));
  }

  private void upgraded(HeaderFields fields, PendingUpgrade pending) {
    cycle.record().head(101, fields);
    acceptedNanos = System.nanoTime();
    abort = failure -> pending.abandon();
    Objects.requireNonNull(call, "upgraded once").complete(pending);
    cycle.abortIfCutOff();
  }

  /** The client has its 101: what the handshake was made of is not kept with its WebSocket. */
  private void opened() {
    abort = null;
    call = null;
    cycle.leaveHttp();
  }

  private void ended(RelayEnd end) {
    ResponseRecord record = cycle.record();
    Scope scope = cycle.scope();
    record.wrote(end.toClient());
    long millis = (System.nanoTime() - acceptedNanos) / 1_000_000;
    if (offer.isWebSocket()) {
      scope.put(WebSocketRecord.class, new WebSocketRecord(end, millis));
    }
    ErrorLines.upgradeEnded(
        offer.isWebSocket() ? "WebSocket" : offer.protocol(), end, millis, scope);
    cycle.end();
  }

  @Override
  public void answered(@Nullable GatewayFailure failure) {
    cycle.answered(failure);
  }

  @Override
  public void redirected(String uri, HeaderFields kept) {
    cycle.redirected(uri, kept);
  }

  @Override
  public void unanswered(int status, HeaderFields fields, @Nullable GatewayFailure failure) {
    cycle.unanswered(status, fields, failure);
  }
}
