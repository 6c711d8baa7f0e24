package org.culvert.directive;

import org.jspecify.annotations.Nullable;

/**
 * What a {@code listen} wants of its socket. A 0 leaves it to the system.
 *
 * @param backlog how many connections may wait to be accepted ({@code listen(2)})
 * @param receiveBuffer {@code rcvbuf}: {@code SO_RCVBUF}, bytes
 * @param sendBuffer {@code sndbuf}: {@code SO_SNDBUF}, bytes
 * @param reusePort {@code SO_REUSEPORT}
 * @param keepAlive {@code so_keepalive}, or null where it is not given
 */
public record SocketSettings(
    int backlog,
    int receiveBuffer,
    int sendBuffer,
    boolean reusePort,
    @Nullable KeepAlive keepAlive) {
  /** nginx's {@code backlog} on Linux. */
  public static final int DEFAULT_BACKLOG = 511;

  /** Nothing is said of it. */
  public static final SocketSettings DEFAULT =
      new SocketSettings(DEFAULT_BACKLOG, 0, 0, false, null);

  /**
   * {@code SO_KEEPALIVE}.
   *
   * @param on whether it is on
   * @param idleSeconds {@code TCP_KEEPIDLE}
   * @param intervalSeconds {@code TCP_KEEPINTVL}
   * @param probes {@code TCP_KEEPCNT}
   */
  public record KeepAlive(boolean on, int idleSeconds, int intervalSeconds, int probes) {}
}
