package org.culvert.http;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

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

  /**
   * The address that four numbers with dots between them are, as every connector writes one;
   * without a name service, and cheap.
   *
   * @return null for anything else
   */
  public static @Nullable InetAddress ipv4(String text) {
    byte[] bytes = new byte[4];
    int at = 0;
    for (int i = 0; i < 4; i++) {
      int start = at;
      int value = 0;
      while (at < text.length() && at - start < 3 && isDigit(text.charAt(at))) {
        value = 10 * value + text.charAt(at++) - '0';
      }
      int digits = at - start;
      boolean ends = i == 3 ? at == text.length() : at < text.length() && text.charAt(at++) == '.';
      if (!ends || digits == 0 || value > 255) {
        return null;
      }
      bytes[i] = (byte) value;
    }
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }

  /**
   * The address that a text is, IPv4 or IPv6, without brackets or zone; no name is looked up.
   *
   * @return null for anything else
   */
  public static @Nullable InetAddress parse(String text) {
    if (text.indexOf(':') < 0) {
      return ipv4(text);
    }
    if (!text.matches("[0-9A-Fa-f:.]+")) {
      return null;
    }
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      return null;
    }
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** The four or sixteen bytes of the address, as octets; of what has none its text. */
  public static String octets(InetSocketAddress socket) {
    InetAddress address = socket.getAddress();
    return address == null
        ? socket.getHostString()
        : new String(address.getAddress(), StandardCharsets.ISO_8859_1);
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
