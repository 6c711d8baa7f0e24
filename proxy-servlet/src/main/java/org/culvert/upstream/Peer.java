package org.culvert.upstream;

import java.util.concurrent.atomic.AtomicInteger;

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

  /** Its address as logs and {@code $upstream_addr} show it: "127.0.0.1:8080", "[::1]:8080". */
  public String address() {
    var address = settings.address();
    if (address.getAddress() == null) {
      return address.getHostString() + ":" + address.getPort();
    }
    String host = address.getAddress().getHostAddress();
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
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
