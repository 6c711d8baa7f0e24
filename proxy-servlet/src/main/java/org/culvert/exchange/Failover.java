package org.culvert.exchange;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.culvert.exchange.ProxySettings.NextUpstream;
import org.culvert.http.GatewayFailure;
import org.culvert.upstream.Attempts;
import org.culvert.upstream.Peer;
import org.culvert.upstream.UpstreamGroup;

/**
 * The one loop of attempts, for HTTP and for upgrades: chooses a peer, runs an attempt, and when it
 * failed decides by {@code proxy_next_upstream} whether another peer is tried (nginx, {@code
 * ngx_http_upstream_next}). One attempt runs at a time; calls come from any thread, one after the
 * other.
 */
public final class Failover {
  /** Runs one attempt; returns at once, reports to the try. */
  public interface Attempt {
    /** Sends the request to the try's peer. */
    void start(Try attempt);
  }

  private final UpstreamGroup group;
  private final NextUpstream rule;
  private final Attempts attempts;
  private final boolean idempotent;
  private final BooleanSupplier repeatable;
  private final Attempt attempt;
  private final Consumer<GatewayFailure> failed;
  private final long start = System.nanoTime();
  private final Set<Peer> tried = Collections.newSetFromMap(new IdentityHashMap<>(2));
  private int triesLeft;
  private volatile boolean abandoned;

  /**
   * A loop that has not begun.
   *
   * @param attempts where the attempts are recorded
   * @param method the method sent: POST, LOCK and PATCH are not repeated once sent
   * @param repeatable whether the request's body, if any of it was sent, could be sent again
   * @param failed told once if all attempts failed, with the last one's failure
   */
  public Failover(
      UpstreamGroup group,
      NextUpstream rule,
      Attempts attempts,
      String method,
      BooleanSupplier repeatable,
      Attempt attempt,
      Consumer<GatewayFailure> failed) {
    this.group = group;
    this.rule = rule;
    this.attempts = attempts;
    this.idempotent = !method.equals("POST") && !method.equals("LOCK") && !method.equals("PATCH");
    this.repeatable = repeatable;
    this.attempt = attempt;
    this.failed = failed;
    this.triesLeft = rule.tries() == 0 ? group.tries() : Math.min(rule.tries(), group.tries());
  }

  /** Makes the first attempt. */
  public void start() {
    attempts.exchange();
    next();
  }

  /** Makes no further attempt: the client has gone. The running one is its owner's to abort. */
  public void abandon() {
    abandoned = true;
  }

  private void next() {
    Peer peer = group.choose(tried);
    if (peer == null) {
      GatewayFailure none =
          new GatewayFailure(
              GatewayFailure.Kind.NO_LIVE_PEER, "no live upstreams while connecting to upstream");
      attempts.begin(group.settings().name()).failed(none.status());
      failed.accept(none);
      return;
    }
    triesLeft--;
    tried.add(peer);
    run(new Try(peer, false));
  }

  private void again(Peer peer) {
    group.again(peer);
    run(new Try(peer, true));
  }

  /** A defect must not leave the peer busy and the request without an end. */
  private void run(Try next) {
    try {
      attempt.start(next);
    } catch (RuntimeException e) {
      next.failed(new GatewayFailure(GatewayFailure.Kind.INTERNAL, "cannot forward: " + e, e));
    }
  }

  private boolean mayGoOn(boolean sent) {
    if (abandoned || (sent && !(idempotent || rule.nonIdempotent()))) {
      return false;
    }
    long limit = rule.timeLimit().toNanos();
    if (limit != 0 && System.nanoTime() - start >= limit) {
      return false;
    }
    // Whether sent or not: a TLS handshake may fail when a part of the body has been read to go
    // with
    // it. Last, for it takes the body from the attempt that was.
    return repeatable.getAsBoolean();
  }

  private boolean covers(GatewayFailure failure) {
    return switch (failure.kind()) {
      case CONNECT_FAILED, TLS_FAILED, BROKEN -> rule.error();
      case CONNECT_TIMEOUT, TIMEOUT -> rule.timeout();
      case INVALID_RESPONSE -> rule.invalidHeader();
      default -> false;
    };
  }

  /**
   * One attempt at one peer. Ends with exactly one of {@link #failed}, {@link #passedOver} that
   * answers true, and {@link #done}; what comes later is ignored.
   */
  public final class Try {
    private final Peer peer;
    private final Attempts.Attempt record;
    private final boolean fresh;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile boolean reused;

    private Try(Peer peer, boolean fresh) {
      this.peer = peer;
      this.fresh = fresh;
      this.record = attempts.begin(peer.address());
    }

    /** The peer. */
    public Peer peer() {
      return peer;
    }

    /** Its record, for {@code $upstream_*}. */
    public Attempts.Attempt record() {
      return record;
    }

    /** Whether the request must go on a new connection: a kept one has just broken. */
    public boolean fresh() {
      return fresh;
    }

    /** The request goes on a connection that was kept alive. */
    public void reused() {
      reused = true;
    }

    /**
     * Asks whether an answer's status sends the request to another peer ({@code proxy_next_upstream
     * http_503}). If so the other attempt has been started when this returns, and the answer is to
     * be dropped.
     */
    public boolean passedOver(int status) {
      if (!rule.statuses().contains(status) || triesLeft <= 0 || !mayGoOn(true)) {
        return false;
      }
      if (over.compareAndSet(false, true)) {
        record.ended();
        group.done(peer, status != 403 && status != 404);
        next();
      }
      return true;
    }

    /** The attempt failed before an answer was taken: another is made, or all have failed. */
    public void failed(GatewayFailure failure) {
      if (!over.compareAndSet(false, true)) {
        return;
      }
      if (failure.source() == GatewayFailure.Source.UPSTREAM) {
        record.failed(failure.status());
      } else {
        record.ended(); // It says nothing of the peer: "-" in $upstream_status.
      }
      boolean goOn = covers(failure) && mayGoOn(!failure.beforeSend());
      // A kept connection that the peer closed as the request came says nothing about the peer.
      boolean stale = reused && failure.kind() == GatewayFailure.Kind.BROKEN;
      group.done(peer, !stale && failure.countsAgainstPeer());
      if (goOn && stale) {
        again(peer);
      } else if (goOn && triesLeft > 0) {
        next();
      } else {
        failed.accept(failure);
      }
    }

    /**
     * The answer was taken and is over: the peer is free again. That it may have been cut short
     * does not count against the peer, as in nginx.
     */
    public void done() {
      ending().run();
    }

    /**
     * {@link #done} for who holds the peer for long, and is to keep nothing else of the request.
     */
    public Runnable ending() {
      return new Ending(over, record, group, peer);
    }
  }

  /** The end of a try whose answer was taken. */
  private record Ending(AtomicBoolean over, Attempts.Attempt record, UpstreamGroup group, Peer peer)
      implements Runnable {
    @Override
    public void run() {
      if (over.compareAndSet(false, true)) {
        record.ended();
        group.done(peer, false);
      }
    }
  }
}
