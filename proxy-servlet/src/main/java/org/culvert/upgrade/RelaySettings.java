package org.culvert.upgrade;

import java.time.Duration;

/**
 * The times of a relay.
 *
 * @param idle how long no byte may come from either side ({@code proxy_read_timeout})
 * @param backendSend how long one write to the backend may take ({@code proxy_send_timeout})
 * @param clientSend how long one write to the client may take ({@code send_timeout})
 */
public record RelaySettings(Duration idle, Duration backendSend, Duration clientSend) {}
