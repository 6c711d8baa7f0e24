package org.culvert.servlet;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.culvert.http.GatewayFailure;
import org.culvert.tunnel.TunnelLoops;
import org.culvert.upgrade.AcceptedTunnel;
import org.culvert.upgrade.RelayEnd;
import org.culvert.upgrade.RelayThreads;
import org.jspecify.annotations.Nullable;

/**
 * Completes clients' handshakes whose connections are tunnelled, and keeps the tunnels. One for a
 * servlet context; closed with it. Has no thread before the first tunnel. Thread-safe.
 */
final class TunnelUpgrade implements AutoCloseable {
  private static final long SHUTDOWN_MILLIS = 1500;
  private static final String SHUTDOWN = "the proxy shuts down";
  private static final int UNAVAILABLE = 503;

  private final Set<TunnelHandover> handovers = ConcurrentHashMap.newKeySet();
  private @Nullable TunnelLoops loops;
  private @Nullable RelayThreads threads;
  private volatile boolean closed;

  /** Without a tunnel. */
  TunnelUpgrade() {}

  /** The loops, which the first tunnel starts. */
  synchronized TunnelLoops loops() {
    if (loops == null) {
      if (threads == null) {
        threads = RelayThreads.open();
      }
      loops = TunnelLoops.open();
      if (closed) {
        loops.close(); // What is started now is over at once.
        threads.close();
      }
    }
    return loops;
  }

  /** Runs what a tunnel's end has in its wake: the log is not the loop's to write. */
  void execute(Runnable task) {
    RelayThreads running;
    synchronized (this) {
      running = threads;
    }
    if (running == null) {
      throw new IllegalStateException("no tunnel was started");
    }
    running.follow(task);
  }

  /**
   * Completes the client's handshake with the backend's and has the tunnel begin.
   *
   * @param ended told once when the tunnel is over, on any thread
   * @throws GatewayFailure when the client is gone or the container refused; the backend is cut off
   *     then
   */
  void complete(SwitchingClient client, AcceptedTunnel accepted, Consumer<RelayEnd> ended)
      throws GatewayFailure {
    TunnelHandover handover = new TunnelHandover(this, accepted, ended);
    handovers.add(handover);
    if (closed) {
      if (handover.lost()) {
        throw new GatewayFailure(GatewayFailure.Kind.SHUT_DOWN, SHUTDOWN);
      }
      client.refuse(UNAVAILABLE); // It was withdrawn meanwhile, and its end told.
      return;
    }
    try {
      client.tunnel(accepted, handover);
      handover.watch();
    } catch (IOException | ServletException | RuntimeException e) {
      client.refuse(UNAVAILABLE);
      if (handover.lost()) {
        throw new GatewayFailure(
            GatewayFailure.Kind.CLIENT_GONE, "the client's handshake failed: " + e, e);
      }
    }
  }

  /** Its tunnel has begun. */
  void opened(TunnelHandover handover) {
    if (closed) {
      handover.end(SHUTDOWN);
    }
  }

  /** There is no tunnel any more, or will be none. */
  void over(TunnelHandover handover) {
    handovers.remove(handover);
  }

  /** How many tunnels run or are about to. */
  int count() {
    return handovers.size();
  }

  /** Closes what still runs with 1001, and waits for it briefly. Idempotent. */
  @Override
  public void close() {
    closed = true;
    handovers.forEach(handover -> handover.goAway(SHUTDOWN));
    long deadline = System.nanoTime() + SHUTDOWN_MILLIS * 1_000_000;
    while (!handovers.isEmpty() && System.nanoTime() < deadline) {
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    TunnelLoops ending;
    RelayThreads last;
    synchronized (this) {
      ending = loops;
      last = threads;
    }
    // Outside of the lock, which the end of a tunnel takes in the loop that is waited for.
    if (ending != null) {
      ending.close();
    }
    if (last != null) {
      last.closeAndJoin();
    }
  }
}
