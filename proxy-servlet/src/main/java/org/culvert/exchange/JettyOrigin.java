package org.culvert.exchange;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.culvert.http.SocketAddresses;

/**
 * Where a connection goes: what must be equal for it to be used again.
 *
 * @param scheme "http" or "https"
 * @param name for TLS, the name that is sent and verified; else the peer's
 * @param address the peer's, which may be a Unix domain socket
 * @param group the upstream's name
 * @param keepalive idle connections kept
 * @param local this end
 */
public record JettyOrigin(
    String scheme,
    String name,
    SocketAddress address,
    String group,
    int keepalive,
    LocalAddress local) {
  /** What a request's Host says where no other is set: the port where it is not the default. */
  String host() {
    String host = name.indexOf(':') < 0 ? name : "[" + name + "]";
    boolean usual = !(address instanceof InetSocketAddress) || port() == (isTls() ? 443 : 80);
    return usual ? host : host + ":" + port();
  }

  /** The peer's port; 0 where it is a Unix domain socket. */
  int port() {
    return address instanceof InetSocketAddress inet ? inet.getPort() : 0;
  }

  /** For messages: "127.0.0.1:8080", "unix:/run/app.sock". */
  String text() {
    return SocketAddresses.text(address);
  }

  /** Whether the connection is encrypted. */
  boolean isTls() {
    return scheme.equals("https");
  }
}
