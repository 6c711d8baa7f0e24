package org.culvert.http;

import java.net.InetSocketAddress;

/**
 * What is known of the connection that a request came by; constant for one request.
 *
 * @param remote the client's address and port
 * @param local the address and port that the client connected to
 * @param scheme "http" or "https"
 * @param id a number of the connection, unique in this process ({@code $connection})
 * @param requests how many requests came by it so far, this one included ({@code
 *     $connection_requests})
 */
public record ClientConnection(
    InetSocketAddress remote, InetSocketAddress local, String scheme, long id, long requests) {}
