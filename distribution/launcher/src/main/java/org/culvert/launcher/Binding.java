package org.culvert.launcher;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.culvert.conf.Position;
import org.culvert.directive.Configuration;
import org.culvert.directive.ListenSettings;
import org.culvert.directive.ServerSettings;
import org.culvert.directive.SocketSettings;
import org.culvert.http.Network;
import org.jspecify.annotations.Nullable;

/**
 * One listening socket, and what is spoken there. As in nginx a port that is open on any address is
 * opened once, also where other servers name one of its addresses.
 *
 * @param host the literal address, or null for any, IPv6's too; {@code unix:} and a path for a Unix
 *     domain socket
 * @param port the port; 0 for a Unix domain socket
 * @param ssl whether it speaks TLS
 * @param http2 whether it speaks HTTP/2 too
 * @param proxyProtocol whether each connection begins with a header of the PROXY protocol
 * @param options what the socket is to be like
 * @param position the first {@code listen} of it, for messages
 */
record Binding(
    @Nullable String host,
    int port,
    boolean ssl,
    boolean http2,
    boolean proxyProtocol,
    SocketSettings options,
    Position position) {

  /** Where a socket is bound: what two bindings cannot share. */
  record Address(@Nullable String host, int port) {}

  /** The sockets of a configuration, in the order of the file. */
  static List<Binding> of(Configuration configuration) {
    Map<Integer, List<ListenSettings>> byPort =
        configuration.servers().stream()
            .flatMap(server -> server.listens().stream())
            .collect(
                Collectors.groupingBy(
                    ListenSettings::port, LinkedHashMap::new, Collectors.toList()));
    List<Binding> bindings = new ArrayList<>();
    for (List<ListenSettings> listens : byPort.values()) {
      boolean any = listens.stream().anyMatch(listen -> host(listen) == null);
      Map<String, List<ListenSettings>> byHost =
          listens.stream()
              .collect(
                  Collectors.groupingBy(
                      listen -> any ? "" : String.valueOf(host(listen)),
                      LinkedHashMap::new,
                      Collectors.toList()));
      byHost.values().forEach(same -> bindings.add(of(same, any ? null : host(same.get(0)))));
    }
    return bindings;
  }

  private static Binding of(List<ListenSettings> listens, @Nullable String host) {
    return new Binding(
        host,
        listens.get(0).port(),
        listens.stream().anyMatch(ListenSettings::ssl),
        listens.stream().anyMatch(ListenSettings::http2),
        listens.stream().anyMatch(ListenSettings::proxyProtocol),
        listens.stream()
            .map(ListenSettings::socket)
            .filter(socket -> !socket.equals(SocketSettings.DEFAULT))
            .findFirst()
            .orElse(SocketSettings.DEFAULT),
        listens.get(0).position());
  }

  private static @Nullable String host(ListenSettings listen) {
    String host = listen.host();
    if (host == null) {
      return null;
    }
    String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    return switch (bare) {
      case "", "*", "0.0.0.0", "::" -> null;
      default -> bare;
    };
  }

  /** Where it is bound. */
  Address address() {
    return new Address(host, port);
  }

  /** The address that {@link Configuration#server} takes; "" where it is any. */
  String localAddress() {
    return host == null ? "" : host;
  }

  /** Whether a server listens here. */
  boolean serves(ServerSettings server) {
    return server.listens().stream()
        .anyMatch(listen -> listen.port() == port && (host == null || host.equals(host(listen))));
  }

  /** The file of a Unix domain socket, or null. */
  @Nullable Path path() {
    return host != null && host.startsWith(Network.UNIX_NAME)
        ? Path.of(host.substring(Network.UNIX_NAME.length()))
        : null;
  }

  /** As nginx names it in messages: {@code 127.0.0.1:80}. */
  @Override
  public String toString() {
    if (host != null && path() != null) {
      return host;
    }
    String literal = host == null ? "0.0.0.0" : host;
    return (literal.contains(":") ? "[" + literal + "]" : literal) + ":" + port;
  }
}
