package org.culvert.http;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the connection that a request came by; constant for one request.
 *
 * @param remote the client's address and port; {@code unix:}, unresolved and without port, for one
 *     of a Unix domain socket
 * @param local the address and port that the client connected to
 * @param scheme "http" or "https"
 * @param id a number of the connection, unique in this process ({@code $connection})
 * @param requests how many requests came by it so far, this one included ({@code
 *     $connection_requests})
 * @param proxied what a PROXY protocol header before the first request told, or null
 */
public record ClientConnection(
    InetSocketAddress remote,
    InetSocketAddress local,
    String scheme,
    long id,
    long requests,
    @Nullable ProxyHeader proxied) {

  /** A connection without a PROXY protocol header. */
  public ClientConnection(
      InetSocketAddress remote, InetSocketAddress local, String scheme, long id, long requests) {
    this(remote, local, scheme, id, requests, null);
  }

  /**
   * The number in a container's name for a connection. They name connections as they like, nginx
   * numbers them: Tomcat's name is a number, that of Jetty's HTTP/1 ends with one.
   */
  public static long number(@Nullable String name) {
    if (name == null) {
      return 0;
    }
    try {
      int mark = name.lastIndexOf('#');
      return mark < 0
          ? Long.parseUnsignedLong(name, 16)
          : Long.parseUnsignedLong(name, mark + 1, name.length(), 10);
    } catch (NumberFormatException notANumber) {
      return Integer.toUnsignedLong(name.hashCode());
    }
  }
}
