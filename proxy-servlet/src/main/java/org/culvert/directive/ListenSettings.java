package org.culvert.directive;

import org.culvert.conf.Position;
import org.jspecify.annotations.Nullable;

/**
 * One {@code listen}.
 *
 * @param host the literal address to bind, or null for any
 * @param port the port
 * @param ssl whether it speaks TLS
 * @param http2 whether it speaks HTTP/2 too
 * @param defaultServer whether its server is the default one of this address and port
 * @param position where it stands, for messages
 */
public record ListenSettings(
    @Nullable String host,
    int port,
    boolean ssl,
    boolean http2,
    boolean defaultServer,
    Position position) {}
