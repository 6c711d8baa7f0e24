package org.culvert.directive;

import java.time.Duration;
import org.culvert.rewrite.ServerTokens;

/**
 * How a client's connection is treated while a location's request is on it, and after it.
 *
 * @param bodyTimeout {@code client_body_timeout}: between two reads of a request's body
 * @param resetTimedOut {@code reset_timedout_connection}
 * @param keepalive {@code keepalive_timeout}: how long it waits for its next request; zero ends it
 * @param keepaliveHeader its second value, in seconds: what {@code Keep-Alive} says; 0 without
 * @param keepaliveRequests {@code keepalive_requests}: the request after which it ends
 * @param keepaliveTime {@code keepalive_time}: the age after which it ends
 * @param keepaliveMinimum {@code keepalive_min_timeout}: how long it is kept when the proxy ends
 * @param notMsie6 {@code keepalive_disable msie6}
 * @param notSafari {@code keepalive_disable safari}
 * @param tokens {@code server_tokens}
 * @param chunks {@code chunked_transfer_encoding}: whether an answer of unknown length may go in
 *     chunks; where it may not its end is the connection's
 */
public record ClientSettings(
    Duration bodyTimeout,
    boolean resetTimedOut,
    Duration keepalive,
    int keepaliveHeader,
    int keepaliveRequests,
    Duration keepaliveTime,
    Duration keepaliveMinimum,
    boolean notMsie6,
    boolean notSafari,
    ServerTokens tokens,
    boolean chunks) {

  /** nginx's defaults. */
  public static final ClientSettings DEFAULT =
      new ClientSettings(
          Duration.ofSeconds(60),
          false,
          Duration.ofSeconds(75),
          0,
          1000,
          Duration.ofHours(1),
          Duration.ZERO,
          true,
          false,
          ServerTokens.ON,
          true);

  /**
   * Whether a connection may stay for another request (nginx, {@code
   * ngx_http_update_location_config}).
   *
   * @param isPost whether the request is a POST
   * @param userAgent the browser's name, or ""
   * @param requests how many it has had, this one included
   * @param ageMillis since when it is open
   */
  public boolean mayStay(boolean isPost, String userAgent, long requests, long ageMillis) {
    return !keepalive.isZero()
        && requests < keepaliveRequests
        && ageMillis <= keepaliveTime.toMillis()
        && !(notMsie6 && isPost && isMsie6(userAgent))
        && !(notSafari && isSafari(userAgent));
  }

  private static boolean isMsie6(String userAgent) {
    int msie = userAgent.indexOf("MSIE ");
    if (msie < 0 || msie + 7 >= userAgent.length() || userAgent.charAt(msie + 6) != '.') {
      return false;
    }
    char version = userAgent.charAt(msie + 5);
    boolean old =
        version == '4'
            || version == '5'
            || (version == '6' && userAgent.indexOf("SV1", msie + 8) < 0);
    return old && !userAgent.contains("Opera");
  }

  private static boolean isSafari(String userAgent) {
    return userAgent.contains("Safari/")
        && userAgent.contains("Mac OS X")
        && !userAgent.contains("MSIE ")
        && !userAgent.contains("Opera")
        && !userAgent.contains("Gecko/")
        && !userAgent.contains("Chrome/");
  }
}
