package org.culvert.location;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which server answers: first by address and port, then by name, in nginx's order: exact name,
 * longest wildcard at the start ({@code *.a.b}), longest wildcard at the end ({@code a.b.*}), first
 * regex, default server (nginx, "server_names"). A server that listens on the request's very
 * address hides those that listen on any. Immutable, thread-safe.
 */
public final class VirtualServers<T> {
  /** A {@code server_name}: literal, wildcard, or a regex where the pattern is given. */
  public record Name(String text, @Nullable Pattern regex) {
    /** Adds it to a table of names. */
    public <V> void addTo(HostNames<V> names, V value) {
      if (regex == null) {
        names.add(text, value);
      } else {
        names.add(regex, value);
      }
    }
  }

  /** Collects servers in the order of the file. */
  public static final class Builder<T> {
    private final Map<Address, Group<T>> groups = new HashMap<>();
    private @Nullable Group<T> all;

    private Builder() {}

    /**
     * One listen of one server.
     *
     * @param host the literal address, or null for any
     * @param isDefault {@code default_server}
     * @param names without any, the server has the name ""
     */
    public Builder<T> add(
        @Nullable String host, int port, boolean isDefault, List<Name> names, T server) {
      Address address = new Address(canonical(host), port);
      groups.computeIfAbsent(address, a -> new Group<>(server)).add(isDefault, names, server);
      if (all == null) {
        all = new Group<>(server);
      }
      all.add(isDefault, names, server);
      return this;
    }

    /**
     * The servers.
     *
     * @param anyPort whether a request to a port that nobody listens on may go to any server: so in
     *     a WAR, where the container owns the sockets
     */
    public VirtualServers<T> build(boolean anyPort) {
      if (all == null) {
        throw new IllegalStateException("no server was added");
      }
      return new VirtualServers<>(Map.copyOf(groups), all, anyPort);
    }
  }

  /** A host of "" is any IPv4 address, "::" any IPv6 address. */
  private record Address(String host, int port) {}

  /** The servers that share one address and port. */
  private static final class Group<T> {
    private final HostNames<T> names = new HostNames<>();
    private T defaultServer;
    private boolean defaultNamed;

    private Group(T first) {
      defaultServer = first;
    }

    private void add(boolean isDefault, List<Name> serverNames, T server) {
      if (isDefault && !defaultNamed) {
        defaultServer = server;
        defaultNamed = true;
      }
      if (serverNames.isEmpty()) {
        names.add("", server);
      }
      for (Name name : serverNames) {
        name.addTo(names, server);
      }
    }

    private LocationMatch<T> find(String host) {
      LocationMatch<T> found = names.find(host);
      return found != null ? found : new LocationMatch<>(defaultServer, null);
    }
  }

  private final Map<Address, Group<T>> groups;
  private final Group<T> all;
  private final boolean anyPort;

  private VirtualServers(Map<Address, Group<T>> groups, Group<T> all, boolean anyPort) {
    this.groups = groups;
    this.all = all;
    this.anyPort = anyPort;
  }

  /** Starts a table. */
  public static <T> Builder<T> builder() {
    return new Builder<>();
  }

  /**
   * The server for a request. Where nobody listens on the port and any port will not do, the first
   * server of all: the launcher never asks so, since it opened the port for a server.
   *
   * @param host in lower case, without port and trailing dot; "" where there is none
   */
  public LocationMatch<T> find(String localAddress, int localPort, String host) {
    String address = canonical(localAddress);
    Group<T> group = groups.get(new Address(address, localPort));
    if (group == null) {
      group = wildcard(address.contains(":"), localPort);
    }
    if (group != null) {
      return group.find(host);
    }
    return anyPort ? all.find(host) : new LocationMatch<>(all.defaultServer, null);
  }

  private @Nullable Group<T> wildcard(boolean ipv6, int port) {
    Group<T> own = groups.get(new Address(ipv6 ? "::" : "", port));
    return own != null ? own : groups.get(new Address(ipv6 ? "" : "::", port));
  }

  private static String canonical(@Nullable String host) {
    if (host == null || host.isEmpty() || host.equals("*") || host.equals("0.0.0.0")) {
      return "";
    }
    if (!host.contains(":") || host.startsWith("unix:")) {
      return host;
    }
    String literal = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    int zone = literal.indexOf('%');
    literal = zone < 0 ? literal : literal.substring(0, zone);
    try {
      // A literal with ":" is never looked up in DNS.
      String canonical = InetAddress.getByName(literal).getHostAddress();
      return canonical.equals("0:0:0:0:0:0:0:0") ? "::" : canonical;
    } catch (UnknownHostException notAnAddress) {
      return host;
    }
  }
}
