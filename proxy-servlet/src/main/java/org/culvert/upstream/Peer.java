package org.culvert.upstream;

import java.util.concurrent.atomic.AtomicInteger;
import org.culvert.http.SocketAddresses;

/** One server of a group at run time: its settings, its health, and what is under way with it. */
public final class Peer {
  private final PeerSettings settings;
  private final PeerHealth health;
  private final AtomicInteger inFlight = new AtomicInteger();

  /** A peer that nothing is known about. */
  public Peer(PeerSettings settings) {
    this.settings = settings;
    this.health = new PeerHealth(settings.maxFails(), settings.failTimeout());
  }

  /** As configured. */
  public PeerSettings settings() {
    return settings;
  }

  /** Its health. */
  public PeerHealth health() {
    return health;
  }

  /** Attempts, streams and sockets that use it now. */
  public int inFlight() {
    return inFlight.get();
  }

  /**
   * Its address as logs and {@code $upstream_addr} show it: "127.0.0.1:8080", "[::1]:8080",
   * "unix:/run/app.sock".
   */
  public String address() {
    return SocketAddresses.text(settings.address());
  }

  void begun() {
    inFlight.incrementAndGet();
  }

  void ended() {
    inFlight.decrementAndGet();
  }

  @Override
  public String toString() {
    return address() + " (" + health + ", " + inFlight + " in flight)";
  }
}
