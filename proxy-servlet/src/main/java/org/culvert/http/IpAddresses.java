package org.culvert.http;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** Addresses as nginx prints them. */
public final class IpAddresses {
  private IpAddresses() {}

  /**
   * The address without port, zone or brackets; IPv6 in lower case with the first longest run of
   * zero groups as "::" (RFC 5952).
   */
  public static String text(InetSocketAddress socket) {
    InetAddress address = socket.getAddress();
    if (address == null) {
      return socket.getHostString();
    }
    byte[] bytes = address.getAddress();
    return bytes.length == 4 ? address.getHostAddress() : ipv6(bytes);
  }

  /** The four or sixteen bytes of the address, as octets. */
  public static String octets(InetSocketAddress socket) {
    InetAddress address = socket.getAddress();
    return address == null ? "" : new String(address.getAddress(), StandardCharsets.ISO_8859_1);
  }

  private static String ipv6(byte[] bytes) {
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = (bytes[2 * i] & 0xff) << 8 | (bytes[2 * i + 1] & 0xff);
    }
    int start = -1;
    int length = 1;
    for (int i = 0; i < 8; i++) {
      int run = 0;
      while (i + run < 8 && groups[i + run] == 0) {
        run++;
      }
      if (run > length) {
        start = i;
        length = run;
      }
      i += run;
    }
    StringBuilder out = new StringBuilder(39);
    for (int i = 0; i < 8; i++) {
      if (i == start) {
        out.append("::");
        i += length - 1;
        continue;
      }
      if (i > 0 && i != start + length) {
        out.append(':');
      }
      out.append(Integer.toHexString(groups[i]));
    }
    return out.toString();
  }
}
