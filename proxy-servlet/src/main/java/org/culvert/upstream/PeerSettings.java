package org.culvert.upstream;

import java.net.SocketAddress;
import java.time.Duration;

/**
 * One resolved address of one {@code server} of an upstream.
 *
 * @param address the resolved address and port, or that of a Unix domain socket
 * @param server the name and port, or "unix:" and the path, as configured, for messages and {@code
 *     Host}
 * @param weight for balancing, at least 1
 * @param maxFails failures within {@code failTimeout} that make it unavailable; 0 never
 * @param failTimeout the window of failures, and how long the peer then rests
 * @param backup used only when no other peer can be
 * @param down never used
 */
public record PeerSettings(
    SocketAddress address,
    String server,
    int weight,
    int maxFails,
    Duration failTimeout,
    boolean backup,
    boolean down) {
  /** nginx's defaults: weight 1, max_fails 1, fail_timeout 10 s. */
  public static PeerSettings of(SocketAddress address, String server) {
    return new PeerSettings(address, server, 1, 1, Duration.ofSeconds(10), false, false);
  }
}
