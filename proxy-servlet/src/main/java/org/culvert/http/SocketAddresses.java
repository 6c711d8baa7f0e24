package org.culvert.http;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.InvalidPathException;
import org.jspecify.annotations.Nullable;

/**
 * Addresses of sockets as nginx writes them: "127.0.0.1:8080", "[::1]:8080", "unix:/run/a.sock".
 */
public final class SocketAddresses {
  /** What the text of a Unix domain socket begins with. */
  public static final String UNIX = "unix:";

  private SocketAddresses() {}

  /** The text; a name where the address is not resolved. */
  public static String text(SocketAddress address) {
    if (address instanceof InetSocketAddress inet) {
      String host = IpAddresses.text(inet);
      return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + inet.getPort();
    }
    return UNIX + address;
  }

  /** Whether a text names a Unix domain socket. */
  public static boolean isUnix(String text) {
    return text.regionMatches(true, 0, UNIX, 0, UNIX.length());
  }

  /**
   * The address of a Unix domain socket.
   *
   * @param path an octet string without "unix:"
   * @return null where it cannot be a file's name
   */
  public static @Nullable SocketAddress unix(String path) {
    try {
      return UnixDomainSocketAddress.of(Octets.text(path));
    } catch (InvalidPathException e) {
      return null;
    }
  }
}
