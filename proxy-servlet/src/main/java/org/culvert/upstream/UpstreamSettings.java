package org.culvert.upstream;

import java.util.List;

/**
 * An {@code upstream} block, or the implicit one of a {@code proxy_pass} with a host name or
 * address.
 *
 * @param name as {@code proxy_pass} names it; for an implicit one "host:port"
 * @param peers at least one
 * @param keepalive idle connections kept per peer; 0 keeps none (nginx, "keepalive")
 */
public record UpstreamSettings(String name, List<PeerSettings> peers, int keepalive) {}
