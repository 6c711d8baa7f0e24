package org.culvert.exchange;

import java.net.InetSocketAddress;

/**
 * Where a connection goes: what must be equal for it to be used again.
 *
 * @param scheme "http" or "https"
 * @param name for TLS, the name that is sent and verified; else the peer's
 * @param address the peer's
 * @param group the upstream's name
 * @param keepalive idle connections kept
 */
public record JettyOrigin(
    String scheme, String name, InetSocketAddress address, String group, int keepalive) {
  /** What a request's Host says where no other is set: the port where it is not the default. */
  String host() {
    int port = address.getPort();
    String host = name.indexOf(':') < 0 ? name : "[" + name + "]";
    return port == (isTls() ? 443 : 80) ? host : host + ":" + port;
  }

  /** Whether the connection is encrypted. */
  boolean isTls() {
    return scheme.equals("https");
  }
}
