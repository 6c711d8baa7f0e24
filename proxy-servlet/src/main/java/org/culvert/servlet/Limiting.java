package org.culvert.servlet;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.Timers;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.limit.CountedKeys;
import org.culvert.limit.LimitLog;
import org.culvert.limit.LimitRecord;
import org.culvert.limit.Limits;
import org.culvert.limit.RequestLimits;
import org.culvert.limit.Zones;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * One request at the limits of its locations: it is refused, or waits without a thread, or passes
 * and is counted until it is over.
 */
final class Limiting {
  /** What it needs of the request. */
  interface Limited {
    /** Answers with a status. */
    void fail(int status, HeaderFields fields, @Nullable GatewayFailure failure);

    /** Goes on on another thread, unless the request has been cut off. */
    void resume(Runnable step);
  }

  private final Limited request;
  private final Zones zones;
  private final Timers timers;
  private final Downstream client;
  private final RequestLife life;
  private final Scope scope;
  private final LimitRecord record;
  private final CountedKeys counted;
  private final LimitLog log;

  /** A request that no limit was asked for yet. */
  Limiting(
      Limited request, ProxyRuntime runtime, Downstream client, RequestLife life, Scope scope) {
    this(
        request,
        runtime.zones(),
        runtime.upstreams().timers(),
        new LimitRecord(),
        new CountedKeys(),
        client,
        life,
        scope);
  }

  private Limiting(
      Limited request,
      Zones zones,
      Timers timers,
      LimitRecord record,
      CountedKeys counted,
      Downstream client,
      RequestLife life,
      Scope scope) {
    this.request = request;
    this.zones = zones;
    this.timers = timers;
    this.record = record;
    this.counted = counted;
    this.client = client;
    this.life = life;
    this.scope = scope;
    this.log = (severity, message) -> ErrorLines.limit(severity, message, scope);
    scope.put(LimitRecord.class, record);
  }

  /** Of a subrequest: each kind of limit is asked once for both, and both are counted as one. */
  Limiting within(Limited subrequest, Downstream leg, RequestLife its, Scope inner) {
    return new Limiting(subrequest, zones, timers, record, counted, leg, its, inner);
  }

  /** The client's leg, by which the count goes down with the last of the answer. */
  Downstream counting() {
    return new CountedDownstream(client, counted, timers);
  }

  /** Asks a location's limits; what comes next runs at once, later, or never. */
  void ask(Limits limits, Runnable next) {
    RequestLimits requests = limits.requests();
    RequestLimits.Verdict verdict = requests.ask(zones, record, scope, log);
    if (verdict.refused()) {
      request.fail(requests.status(), new HeaderFields(), null);
    } else if (verdict.delayMillis() > 0) {
      delay(Duration.ofMillis(verdict.delayMillis()), () -> askConnections(limits, next));
    } else {
      askConnections(limits, next);
    }
  }

  private void askConnections(Limits limits, Runnable next) {
    if (limits.connections().take(zones, record, scope, counted, log)) {
      next.run();
    } else {
      request.fail(limits.connections().status(), new HeaderFields(), null);
    }
  }

  /** One of three comes first: the time has passed, the client has left, the proxy ends. */
  private void delay(Duration time, Runnable next) {
    AtomicBoolean over = new AtomicBoolean();
    Timers.Limit timer =
        timers.after(
            time,
            () -> {
              if (over.compareAndSet(false, true)) {
                request.resume(next);
              }
            });
    Consumer<Runnable> instead =
        step -> {
          if (over.compareAndSet(false, true)) {
            timer.stop();
            step.run();
          }
        };
    life.runs(why -> instead.accept(() -> {}));
    client.onClientGone(() -> instead.accept(() -> request.resume(this::clientGone)));
    life.abortIfCutOff();
  }

  private void clientGone() {
    GatewayFailure gone =
        new GatewayFailure(GatewayFailure.Kind.CLIENT_GONE, "client prematurely closed connection");
    request.fail(gone.status(), new HeaderFields(), gone);
  }

  /** The request is over. Idempotent. */
  void end() {
    counted.close();
  }
}
