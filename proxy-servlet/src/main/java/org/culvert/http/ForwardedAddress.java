package org.culvert.http;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The client's address as trusted proxies tell it in a field's list, the last of which each of them
 * has appended ({@code ngx_http_get_forwarded_addr}).
 */
public final class ForwardedAddress {
  private static final int HIGHEST_PORT = 65_535;

  private ForwardedAddress() {}

  /**
   * The last address, where the connection's is trusted; recursively the last that is not.
   *
   * @param connected who connected
   * @param values the field's values, in order
   * @return null where nothing is to be believed or understood; with port 0 where none is told
   */
  public static @Nullable InetSocketAddress of(
      InetSocketAddress connected, List<String> values, List<Network> trusted, boolean recursive) {
    InetSocketAddress found = connected;
    for (int i = values.size() - 1; i >= 0; i--) {
      String list = values.get(i);
      do {
        list = withoutSeparatorsBehind(list);
        int last = beginOfLast(list);
        InetSocketAddress next = isTrusted(found, trusted) ? address(list.substring(last)) : null;
        if (next == null) {
          return found == connected ? null : found;
        }
        found = next;
        list = list.substring(0, Math.max(0, last - 1));
      } while (recursive && !list.isEmpty());
      if (!recursive) {
        return found;
      }
    }
    return found == connected ? null : found;
  }

  private static String withoutSeparatorsBehind(String list) {
    int end = list.length();
    while (end > 1 && isSeparator(list.charAt(end - 1))) {
      end--;
    }
    return list.substring(0, end);
  }

  /** nginx takes the very first character for the address's, whatever it is. */
  private static int beginOfLast(String list) {
    for (int i = list.length() - 2; i > 0; i--) {
      if (isSeparator(list.charAt(i))) {
        return i + 1;
      }
    }
    return 0;
  }

  private static boolean isSeparator(char c) {
    return c == ' ' || c == ',';
  }

  private static boolean isTrusted(InetSocketAddress who, List<Network> trusted) {
    return trusted.stream().anyMatch(network -> network.contains(who));
  }

  /** An address, alone or with a port ({@code ngx_parse_addr_port}). */
  private static @Nullable InetSocketAddress address(String text) {
    InetAddress alone = IpAddresses.parse(text);
    if (alone != null) {
      return new InetSocketAddress(alone, 0);
    }
    int colon = text.startsWith("[") ? text.indexOf("]:") + 1 : text.indexOf(':');
    if (colon <= 0) {
      return null;
    }
    String digits = text.substring(colon + 1);
    int port = digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : 0;
    InetAddress address =
        IpAddresses.parse(
            text.startsWith("[") ? text.substring(1, colon - 1) : text.substring(0, colon));
    return address == null || port < 1 || port > HIGHEST_PORT
        ? null
        : new InetSocketAddress(address, port);
  }
}
