package org.culvert.tunnel;

import java.time.Duration;

/**
 * The times of a tunnel.
 *
 * @param idle how long no byte may pass, half-closed or not ({@code proxy_read_timeout})
 * @param clientSend how long the client may take no byte of what waits for it ({@code
 *     send_timeout})
 * @param backendSend the same for the backend ({@code proxy_send_timeout})
 */
public record TunnelRules(Duration idle, Duration clientSend, Duration backendSend) {
  /** The clock's nanoseconds are no longer than that. */
  private static final Duration LONGEST = Duration.ofDays(365 * 100);

  /** Times that can be reckoned with: a longer one does not pass either. */
  public TunnelRules {
    idle = capped(idle);
    clientSend = capped(clientSend);
    backendSend = capped(backendSend);
  }

  private static Duration capped(Duration time) {
    return time.compareTo(LONGEST) < 0 ? time : LONGEST;
  }
}
