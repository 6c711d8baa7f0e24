package org.culvert.directive;

import org.culvert.conf.Position;
import org.jspecify.annotations.Nullable;

/**
 * One {@code listen}.
 *
 * @param host the literal address to bind, or null for any; {@code unix:} and a path for a Unix
 *     domain socket
 * @param port the port; 0 for a Unix domain socket
 * @param ssl whether it speaks TLS
 * @param http2 whether it speaks HTTP/2 too
 * @param proxyProtocol whether each connection begins with a header of the PROXY protocol
 * @param defaultServer whether its server is the default one of this address and port
 * @param socket what the socket is to be like
 * @param position where it stands, for messages
 */
public record ListenSettings(
    @Nullable String host,
    int port,
    boolean ssl,
    boolean http2,
    boolean proxyProtocol,
    boolean defaultServer,
    SocketSettings socket,
    Position position) {}
