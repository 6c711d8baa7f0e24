package org.culvert.directive;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** How host names of upstreams become addresses, when the configuration is read. */
@FunctionalInterface
interface HostLookup {
  /** The JVM's own resolver. */
  HostLookup SYSTEM = host -> List.of(InetAddress.getAllByName(host));

  /** All addresses of a name or of a literal address. */
  List<InetAddress> addresses(String host) throws UnknownHostException;
}
