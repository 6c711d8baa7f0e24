package org.culvert.exchange;

import java.net.InetSocketAddress;

/**
 * Where a connection goes: what must be equal for it to be used again. Tags Jetty's destinations.
 *
 * @param scheme "http" or "https"
 * @param name for TLS, the name that is sent and verified; else the peer's
 * @param address the peer's
 * @param group the upstream's name
 * @param keepalive idle connections kept
 */
public record JettyOrigin(
    String scheme, String name, InetSocketAddress address, String group, int keepalive) {}
