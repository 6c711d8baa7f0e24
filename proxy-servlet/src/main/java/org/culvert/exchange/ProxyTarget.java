package org.culvert.exchange;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import org.culvert.http.GatewayFailure;
import org.culvert.http.SocketAddresses;
import org.culvert.upstream.PeerSettings;
import org.culvert.upstream.UpstreamGroup;
import org.culvert.upstream.UpstreamGroups;
import org.culvert.upstream.UpstreamSettings;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * Where {@code proxy_pass} sends one request, variables evaluated. A facet of the scope.
 *
 * @param scheme "http" or "https"
 * @param host {@code $proxy_host}: name, and port where it is not the scheme's default; "localhost"
 *     for a Unix domain socket
 * @param port {@code $proxy_port}; 0 for a Unix domain socket
 * @param group the peers; null where {@code host} is a name that only a resolver may know
 * @param uri what variables gave as URI, or null where the rules of {@link ProxyPass.Fixed} or the
 *     client's own target hold
 */
public record ProxyTarget(
    String scheme, String host, int port, @Nullable UpstreamGroup group, @Nullable String uri) {
  private static final int KEEPALIVE = 32;

  /**
   * Evaluates a target and makes it known to the scope.
   *
   * @throws GatewayFailure when variables name no usable target: 500 for what is no URL
   */
  public static ProxyTarget of(ProxyPass pass, Scope scope, UpstreamGroups groups)
      throws GatewayFailure {
    ProxyTarget target;
    if (pass instanceof ProxyPass.Fixed fixed) {
      target =
          new ProxyTarget(
              fixed.scheme(), fixed.host(), fixed.port(), groups.group(fixed.upstream()), null);
    } else {
      target = parse(((ProxyPass.Variable) pass).url().evaluate(scope), groups);
    }
    scope.put(ProxyTarget.class, target);
    return target;
  }

  private static ProxyTarget parse(String url, UpstreamGroups groups) throws GatewayFailure {
    int hostStart = url.indexOf("://") + 3;
    String scheme = hostStart < 3 ? "" : url.substring(0, hostStart - 3).toLowerCase(Locale.ROOT);
    boolean known = scheme.equals("http") || scheme.equals("https");
    if (!known || url.length() == hostStart) {
      throw new GatewayFailure(
          GatewayFailure.Kind.INTERNAL, "invalid URL prefix in \"" + url + "\"");
    }
    if (SocketAddresses.isUnix(url.substring(hostStart))) {
      return unix(scheme, url.substring(hostStart), groups);
    }
    int hostEnd = hostStart;
    while (hostEnd < url.length() && "/?".indexOf(url.charAt(hostEnd)) < 0) {
      hostEnd++;
    }
    String authority = url.substring(hostStart, hostEnd);
    String rest = url.substring(hostEnd);
    String uri = uri(rest);
    int defaultPort = scheme.equals("https") ? 443 : 80;
    int colon = authority.lastIndexOf(':');
    boolean hasPort = colon > authority.lastIndexOf(']');
    String name = hasPort ? authority.substring(0, colon) : authority;
    int port = hasPort ? port(authority.substring(colon + 1), url) : defaultPort;
    if (name.isEmpty()) {
      throw new GatewayFailure(GatewayFailure.Kind.INTERNAL, "no host in upstream \"" + url + "\"");
    }
    String host = port == defaultPort ? name : authority;
    return new ProxyTarget(scheme, host, port, find(name, port, hasPort, groups), uri);
  }

  /** A socket of the file system: "unix:path[:uri]". */
  private static ProxyTarget unix(String scheme, String text, UpstreamGroups groups)
      throws GatewayFailure {
    int start = SocketAddresses.UNIX.length();
    int colon = text.indexOf(':', start);
    String path = text.substring(start, colon < 0 ? text.length() : colon);
    SocketAddress address = path.isEmpty() ? null : SocketAddresses.unix(path);
    if (address == null) {
      throw new GatewayFailure(
          GatewayFailure.Kind.INTERNAL,
          "no path in the unix domain socket in upstream \"" + text + "\"");
    }
    UpstreamGroup group = groups.literal(address, SocketAddresses.UNIX + path, KEEPALIVE);
    String uri = colon < 0 ? null : uri(text.substring(colon + 1));
    return new ProxyTarget(scheme, "localhost", 0, group, uri);
  }

  private static @Nullable String uri(String rest) {
    return rest.isEmpty() ? null : rest.startsWith("?") ? "/" + rest : rest;
  }

  private static int port(String text, String url) throws GatewayFailure {
    try {
      int port = Integer.parseInt(text);
      if (port > 0 && port < 65536) {
        return port;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new GatewayFailure(
        GatewayFailure.Kind.INTERNAL, "invalid port in upstream \"" + url + "\"");
  }

  private static @Nullable UpstreamGroup find(
      String name, int port, boolean hasPort, UpstreamGroups groups) {
    UpstreamGroup group = hasPort ? null : groups.named(name);
    if (group == null) {
      group = groups.named(name + ":" + port);
    }
    if (group != null) {
      return group;
    }
    boolean literal = name.startsWith("[") || name.matches("\\d+\\.\\d+\\.\\d+\\.\\d+");
    if (literal) {
      try {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(name), port);
        return groups.literal(address, name + ":" + port, KEEPALIVE);
      } catch (UnknownHostException e) {
        // Not an address after all.
      }
    }
    return null;
  }

  /** The peers that a resolver has found for the name. */
  UpstreamGroup resolved(List<InetAddress> addresses) {
    String server = hostName() + ":" + port;
    List<PeerSettings> peers = new ArrayList<>();
    for (InetAddress address : addresses) {
      peers.add(PeerSettings.of(new InetSocketAddress(address, port), server));
    }
    // Any of them may be the first, as in nginx: this group is the request's own.
    Collections.rotate(peers, ThreadLocalRandom.current().nextInt(peers.size()));
    return new UpstreamGroup(new UpstreamSettings(server, List.copyOf(peers), KEEPALIVE));
  }

  /** The host alone, for SNI and certificate names ({@code proxy_ssl_name}'s default). */
  public String hostName() {
    int colon = host.lastIndexOf(':');
    String name = colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
    return name.startsWith("[") ? name.substring(1, name.length() - 1) : name;
  }
}
