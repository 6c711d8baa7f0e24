package org.culvert.resolver;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@code resolver} directive.
 *
 * @param servers the name servers, at least one; asked in turn
 * @param valid how long an answer is kept ({@code valid=}), or null for as long as it says
 * @param ipv4 whether addresses of IPv4 are asked for
 * @param ipv6 whether addresses of IPv6 are asked for
 */
public record ResolverSettings(
    List<InetSocketAddress> servers, @Nullable Duration valid, boolean ipv4, boolean ipv6) {}
