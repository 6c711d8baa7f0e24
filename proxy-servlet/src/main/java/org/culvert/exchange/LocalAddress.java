package org.culvert.exchange;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.culvert.http.IpAddresses;
import org.jspecify.annotations.Nullable;

/**
 * How this end of a connection to a peer is made.
 *
 * @param address {@code proxy_bind}, with port 0 where it names none; null for any
 * @param keepAlive {@code proxy_socket_keepalive}
 */
public record LocalAddress(@Nullable InetSocketAddress address, boolean keepAlive) {
  /** Any. */
  static final LocalAddress ANY = new LocalAddress(null, false);

  /**
   * Reads "127.0.0.1", "127.0.0.1:8080", "::1" or "[::1]:8080" ({@code ngx_parse_addr_port}).
   *
   * @return null for anything else; no name is looked up
   */
  public static @Nullable InetSocketAddress parse(String text) {
    InetAddress whole = IpAddresses.parse(text);
    if (whole != null) {
      return new InetSocketAddress(whole, 0);
    }
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      return null;
    }
    String host = text.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    InetAddress address =
        bracketed
            ? IpAddresses.parse(host.substring(1, host.length() - 1))
            : IpAddresses.ipv4(host);
    int port = port(text.substring(colon + 1));
    return address == null || port < 0 ? null : new InetSocketAddress(address, port);
  }

  private static int port(String text) {
    boolean number =
        !text.isEmpty() && text.length() < 6 && text.chars().allMatch(LocalAddress::isDigit);
    int port = number ? Integer.parseInt(text) : -1;
    return port > 65535 ? -1 : port;
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }
}
