package org.culvert.directive;

import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.jspecify.annotations.Nullable;

/**
 * {@code host[:port][/uri]}, as nginx takes it apart ({@code ngx_parse_url}).
 *
 * @param host name or literal address, an IPv6 one in brackets
 * @param port the port, or the default one
 * @param hasPort whether the port was written
 * @param uri from the first "/" or "?" on, or null
 */
record HostPort(String host, int port, boolean hasPort, @Nullable String uri) {
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

  /** The host without brackets. */
  String address() {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }
}
