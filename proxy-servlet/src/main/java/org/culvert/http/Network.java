package org.culvert.http;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * A network of IPv4 or IPv6 addresses in nginx's notation, {@code 10.1.0.0/16} or {@code
 * 2001:db8::/32}; an address alone is a network of one ({@code ngx_ptocidr}).
 *
 * @param address the bytes of the network's first address
 * @param bits how many of its bits count; -1 for {@link #UNIX}
 */
public record Network(InetAddress address, int bits) {
  /** Who came by a Unix domain socket: {@code unix:}. */
  public static final Network UNIX = new Network(InetAddress.getLoopbackAddress(), -1);

  /** How nginx writes {@link #UNIX}. */
  public static final String UNIX_NAME = "unix:";

  /**
   * The network that a text is; bits of its address that do not count are cleared.
   *
   * @return null where the text is none
   */
  public static @Nullable Network parse(String text) {
    int slash = text.indexOf('/');
    InetAddress address = IpAddresses.parse(slash < 0 ? text : text.substring(0, slash));
    if (address == null) {
      return null;
    }
    int all = 8 * address.getAddress().length;
    int bits = slash < 0 ? all : bits(text.substring(slash + 1));
    return bits < 0 || bits > all ? null : new Network(first(address, bits), bits);
  }

  /** The network of one address. */
  public static Network of(InetAddress address) {
    return new Network(address, 8 * address.getAddress().length);
  }

  /** The network of that many bits which an address is in. */
  public static Network of(InetAddress address, int bits) {
    return new Network(first(address, bits), bits);
  }

  private static int bits(String digits) {
    return digits.matches("[0-9]{1,3}") ? Integer.parseInt(digits) : -1;
  }

  private static InetAddress first(InetAddress address, int bits) {
    byte[] bytes = address.getAddress();
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] &= (byte) mask(i, bits);
    }
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("the bytes were an address", e);
    }
  }

  /** The bits of an address's octet that count. */
  private static int mask(int octet, int bits) {
    return 0xff << 8 - Math.max(0, Math.min(8, bits - 8 * octet));
  }

  /** Whether the text's address is this network's first one: else some of its bits do not count. */
  public boolean isWritten(String text) {
    int slash = text.indexOf('/');
    return address.equals(IpAddresses.parse(slash < 0 ? text : text.substring(0, slash)));
  }

  /** Whether a client is of this network; one of a Unix domain socket is of {@link #UNIX} alone. */
  public boolean contains(InetSocketAddress client) {
    InetAddress other = client.getAddress();
    return other == null
        ? bits < 0 && client.getHostString().startsWith(UNIX_NAME)
        : contains(other);
  }

  /** Whether an address is of this network. An IPv4 address is of no network of IPv6. */
  public boolean contains(InetAddress other) {
    if (bits < 0) {
      return false;
    }
    byte[] own = address.getAddress();
    byte[] others = other.getAddress();
    if (own.length != others.length) {
      return false;
    }
    for (int i = 0; i < own.length; i++) {
      if (((own[i] ^ others[i]) & mask(i, bits) & 0xff) != 0) {
        return false;
      }
    }
    return true;
  }
}
