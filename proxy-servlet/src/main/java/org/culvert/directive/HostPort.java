package org.culvert.directive;

import java.net.SocketAddress;
import java.util.Objects;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.http.SocketAddresses;
import org.jspecify.annotations.Nullable;

/**
 * {@code host[:port][/uri]}, or {@code unix:path[:uri]} for a peer, as nginx takes it apart ({@code
 * ngx_parse_url}).
 *
 * @param host name or literal address, an IPv6 one in brackets; or "unix:" and a path
 * @param port the port, or the default one; 0 for a Unix domain socket
 * @param hasPort whether the port was written
 * @param uri from the first "/" or "?" on, or null
 */
record HostPort(String host, int port, boolean hasPort, @Nullable String uri) {
  /** What {@code sockaddr_un} of Linux has room for, less the byte that ends it. */
  private static final int MOST_PATH = 107;

  /**
   * Takes a text apart.
   *
   * @param what how the message goes on: {@code in upstream "x"}
   * @throws ConfigurationException in nginx's words
   */
  static HostPort parse(String text, int defaultPort, boolean uriAllowed, Directive at, String what)
      throws ConfigurationException {
    if (text.startsWith("unix:")) {
      throw at.error("unix domain sockets are not supported " + what);
    }
    int end = uriStart(text);
    String uri = end < text.length() ? text.substring(end) : null;
    if (uri != null && !uriAllowed) {
      throw at.error("invalid host " + what);
    }
    int bracket = text.startsWith("[") ? text.indexOf(']') : -1;
    if (text.startsWith("[") && (bracket < 0 || bracket > end)) {
      throw at.error("invalid host " + what);
    }
    int colon = text.indexOf(':', bracket + 1);
    if (colon > end) {
      colon = -1;
    }
    if (bracket > 0 && bracket + 1 != (colon < 0 ? end : colon)) {
      throw at.error("invalid host " + what);
    }
    String host = text.substring(0, colon < 0 ? end : colon);
    int port = colon < 0 ? defaultPort : port(text.substring(colon + 1, end), at, what);
    if (host.isEmpty()) {
      throw at.error("no host " + what);
    }
    return new HostPort(host, port, colon >= 0, uri);
  }

  /**
   * The same for a peer, which may be a Unix domain socket too.
   *
   * @throws ConfigurationException in nginx's words
   */
  static HostPort peer(String text, int defaultPort, boolean uriAllowed, Directive at, String what)
      throws ConfigurationException {
    if (!SocketAddresses.isUnix(text)) {
      return parse(text, defaultPort, uriAllowed, at, what);
    }
    String path = text.substring(SocketAddresses.UNIX.length());
    int colon = uriAllowed ? path.indexOf(':') : -1;
    String uri = colon < 0 || colon == path.length() - 1 ? null : path.substring(colon + 1);
    path = colon < 0 ? path : path.substring(0, colon);
    if (path.isEmpty()) {
      throw at.error("no path in the unix domain socket " + what);
    }
    if (path.length() > MOST_PATH) {
      throw at.error("too long path in the unix domain socket " + what);
    }
    if (SocketAddresses.unix(path) == null) {
      throw at.error("invalid path in the unix domain socket " + what);
    }
    return new HostPort(SocketAddresses.UNIX + path, 0, false, uri);
  }

  private static int uriStart(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '/' || c == '?') {
        return i;
      }
    }
    return text.length();
  }

  /** A port's number. */
  static int port(String text, Directive at, String what) throws ConfigurationException {
    int port = org.culvert.conf.Units.number(text).orElse(0);
    if (port < 1 || port > 65535) {
      throw at.error("invalid port " + what);
    }
    return port;
  }

  /** Whether it is a Unix domain socket. */
  boolean isUnix() {
    return SocketAddresses.isUnix(host);
  }

  /** The address of a Unix domain socket. */
  SocketAddress unix() {
    return Objects.requireNonNull(
        SocketAddresses.unix(host.substring(SocketAddresses.UNIX.length())), "looked at when read");
  }

  /** "host:port", or "unix:path". */
  String text() {
    return isUnix() ? host : host + ":" + port;
  }

  /** The host without brackets. */
  String address() {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }
}
