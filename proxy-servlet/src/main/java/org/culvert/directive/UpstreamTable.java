package org.culvert.directive;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.upstream.PeerSettings;
import org.culvert.upstream.UpstreamSettings;
import org.jspecify.annotations.Nullable;

/**
 * The {@code upstream} blocks of a configuration, and the implicit groups of {@code proxy_pass}es
 * to hosts, each host and port once.
 */
final class UpstreamTable {
  /** Idle connections per peer where {@code keepalive} does not say (nginx 1.29.7). */
  static final int DEFAULT_KEEPALIVE = 32;

  private final HostLookup hosts;
  private final Map<String, List<InetAddress>> looked = new LinkedHashMap<>();
  private final Map<String, UpstreamSettings> groups = new LinkedHashMap<>();
  private final Map<String, UpstreamSettings> implicit = new LinkedHashMap<>();

  UpstreamTable(HostLookup hosts) {
    this.hosts = hosts;
  }

  /** Adds a block; false where the name is taken. */
  boolean add(UpstreamSettings group) {
    return groups.putIfAbsent(group.name().toLowerCase(Locale.ROOT), group) == null;
  }

  /** The block of that name, or null. */
  @Nullable UpstreamSettings find(String name) {
    return groups.get(name.toLowerCase(Locale.ROOT));
  }

  /** The group of one host, made when new. */
  UpstreamSettings implicit(HostPort target, Directive at) throws ConfigurationException {
    String name = target.isUnix() ? target.text() : target.text().toLowerCase(Locale.ROOT);
    UpstreamSettings group = implicit.get(name);
    if (group == null) {
      List<PeerSettings> peers = new ArrayList<>();
      for (SocketAddress address : peers(target, at, "in upstream \"" + target.host() + "\"")) {
        peers.add(PeerSettings.of(address, target.text()));
      }
      group = new UpstreamSettings(name, List.copyOf(peers), DEFAULT_KEEPALIVE);
      implicit.put(name, group);
    }
    return group;
  }

  /** All groups, blocks first. */
  List<UpstreamSettings> all() {
    List<UpstreamSettings> all = new ArrayList<>(groups.values());
    all.addAll(implicit.values());
    return List.copyOf(all);
  }

  /** All addresses of a peer: those of a host, or that of a Unix domain socket. */
  List<? extends SocketAddress> peers(HostPort target, Directive at, String what)
      throws ConfigurationException {
    return target.isUnix() ? List.of(target.unix()) : addresses(target, at, what);
  }

  /** All addresses of a host. */
  List<InetSocketAddress> addresses(HostPort target, Directive at, String what)
      throws ConfigurationException {
    List<InetAddress> addresses = looked.get(target.address());
    try {
      if (addresses == null) {
        if (!isHostName(target.address())) {
          throw new UnknownHostException(target.address());
        }
        addresses = List.copyOf(hosts.addresses(target.address()));
        looked.put(target.address(), addresses);
      }
    } catch (UnknownHostException e) {
      throw at.error("host not found " + what);
    }
    List<InetSocketAddress> result = new ArrayList<>();
    for (InetAddress address : addresses) {
      result.add(new InetSocketAddress(address, target.port()));
    }
    return result;
  }

  /** Keeps from the resolver what it would take for something else than a name. */
  private static boolean isHostName(String host) {
    return !host.isEmpty()
        && host.length() < 254
        && host.chars().allMatch(c -> Character.isLetterOrDigit(c) || "-._:%".indexOf(c) >= 0);
  }
}
