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
public record TunnelRules(Duration idle, Duration clientSend, Duration backendSend) {}
