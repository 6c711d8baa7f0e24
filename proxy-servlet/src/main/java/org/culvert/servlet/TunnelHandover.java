package org.culvert.servlet;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Consumer;
import org.culvert.exchange.Timers;
import org.culvert.tunnel.FrameMeter;
import org.culvert.tunnel.Tunnel;
import org.culvert.tunnel.TunnelEnd;
import org.culvert.tunnel.TunnelRules;
import org.culvert.tunnel.TunnelSocket;
import org.culvert.upgrade.AcceptedTunnel;
import org.culvert.upgrade.RelayEnd;
import org.culvert.upgrade.RelaySettings;
import org.jspecify.annotations.Nullable;

/**
 * A backend on its way from the servlet to the tunnel that begins when the container has given the
 * client's socket away, and then that tunnel. Told of its end once, whichever way it comes; a
 * client that never opens is given up. Thread-safe.
 */
final class TunnelHandover implements TunnelFront.Taker {
  private static final Duration OPEN_LIMIT = Duration.ofSeconds(5);
  private static final String CLOSED = "the client's connection was closed";

  private final TunnelUpgrade upgrade;
  private final AcceptedTunnel accepted;
  private final Consumer<RelayEnd> ended;
  private final @Nullable FrameMeter fromClient;
  private final @Nullable FrameMeter fromBackend;
  private @Nullable Tunnel tunnel;
  private boolean lost;
  private Timers.@Nullable Limit opening;

  TunnelHandover(TunnelUpgrade upgrade, AcceptedTunnel accepted, Consumer<RelayEnd> ended) {
    this.upgrade = upgrade;
    this.accepted = accepted;
    this.ended = ended;
    FrameMeter.ReservedBits reserved = accepted.reserved();
    fromClient = reserved == null ? null : new FrameMeter(true, reserved);
    fromBackend = reserved == null ? null : new FrameMeter(false, reserved);
  }

  /** The container is about to answer 101. */
  void watch() {
    Timers.Limit limit =
        accepted
            .timers()
            .start(
                OPEN_LIMIT,
                () -> withdraw("the client did not open for " + OPEN_LIMIT.toSeconds() + " s"));
    synchronized (this) {
      opening = limit;
      if (lost || tunnel != null) {
        stopOpening();
      }
    }
  }

  /** Else it would keep this, and with it the whole tunnel, long after its end. */
  private void stopOpening() {
    Timers.Limit running = opening;
    if (running != null) {
      running.stop();
    }
  }

  /** Gives it up unless its tunnel runs: whether it was given up by this call. */
  boolean lost() {
    synchronized (this) {
      if (lost || tunnel != null) {
        return false;
      }
      lost = true;
      stopOpening();
    }
    accepted.abort();
    upgrade.over(this);
    return true;
  }

  private void withdraw(String why) {
    if (lost()) {
      ended.accept(RelayEnd.unopened(why));
    }
  }

  /** Ends it, wherever it is. */
  void end(String why) {
    end(why, running -> running.close(why));
  }

  /** Ends it as a WebSocket ends, with a Close to both sides; or gives it up. */
  void goAway(String why) {
    end(why, running -> running.goAway(why));
  }

  private void end(String why, Consumer<Tunnel> how) {
    Tunnel running;
    synchronized (this) {
      running = tunnel;
    }
    if (running != null) {
      how.accept(running);
    } else {
      withdraw(why);
    }
  }

  @Override
  public void opened(TunnelSocket client, ByteBuffer early) {
    Tunnel starting;
    try {
      starting = take(client);
    } catch (Throwable e) { // No memory or no thread for the loops as well.
      try {
        withdraw("its tunnel could not begin: " + e);
      } finally {
        client.close();
      }
      if (e instanceof Error error) {
        throw error;
      }
      return;
    }
    if (starting == null) {
      client.close();
      return;
    }
    // Outside of the lock: a tunnel that ends at once has its owners tell of it at once.
    starting.start(early, accepted.backend().early());
    accepted.backend().whenClosed(() -> end("the upstream's connection was closed"));
    upgrade.opened(this);
  }

  /** The tunnel, from now on the one to end; null where it was given up before. */
  private synchronized @Nullable Tunnel take(TunnelSocket client) {
    if (lost) {
      return null;
    }
    stopOpening();
    RelaySettings times = accepted.settings();
    tunnel =
        upgrade
            .loops()
            .tunnel(
                new Tunnel.Plan(
                    client,
                    accepted.backend().socket(),
                    fromClient,
                    fromBackend,
                    new TunnelRules(times.idle(), times.clientSend(), times.backendSend()),
                    end -> upgrade.execute(() -> over(end))));
    return tunnel;
  }

  @Override
  public void closed() {
    end(CLOSED);
  }

  private void over(TunnelEnd end) {
    upgrade.over(this);
    ended.accept(
        new RelayEnd(
            fromClient == null ? end.toBackend() : fromClient.bytes(),
            fromBackend == null ? end.toClient() : fromBackend.bytes(),
            fromClient == null ? 0 : fromClient.messages(),
            fromBackend == null ? 0 : fromBackend.messages(),
            end.closeCode(),
            end.cause()));
  }
}
