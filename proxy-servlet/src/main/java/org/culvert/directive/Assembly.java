package org.culvert.directive;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Position;
import org.culvert.location.VirtualServers;

/**
 * Puts the servers of a configuration together, and checks what they share: addresses and names.
 */
final class Assembly {
  private final Reading reading;
  private final VirtualServers.Builder<ServerSettings> byAddress = VirtualServers.builder();
  private boolean hasServers;

  Assembly(Reading reading) {
    this.reading = reading;
  }

  /** The finished servers. */
  List<ServerSettings> servers(List<Level> levels) throws ConfigurationException {
    Map<Level, List<ListenSettings>> listens = listens(levels);
    checkDefaults(listens);
    warnOfConflicts(listens);
    List<ServerSettings> servers = new ArrayList<>();
    Set<String> served = new HashSet<>();
    for (Level level : levels) {
      List<ListenSettings> own = listens.getOrDefault(level, List.of());
      ServerSettings server = ServerDirectives.settings(level, List.copyOf(own), reading);
      for (ListenSettings listen : own) {
        boolean isDefault = served.add(ListenDirectives.address(listen)) || listen.defaultServer();
        if (isDefault && listen.ssl() && server.tls() == null && ownsSockets()) {
          throw new ConfigurationException(
              "no \"ssl_certificate\" is defined for the \"listen ... ssl\" directive",
              position(level));
        }
        byAddress.add(
            listen.host(),
            listen.port(),
            listen.defaultServer(),
            ServerDirectives.names(level),
            server);
        hasServers = true;
      }
      servers.add(server);
    }
    return List.copyOf(servers);
  }

  /**
   * The choice by address and name, after {@link #servers}. A configuration without servers has one
   * here all the same, which listens nowhere and has no locations.
   */
  VirtualServers<ServerSettings> byAddress(Level outermost) throws ConfigurationException {
    if (!hasServers) {
      Level implied = new Level(Context.SERVER, outermost, null);
      ListenSettings listen = ListenDirectives.byDefault(position(implied), ownsSockets());
      ServerSettings server = ServerDirectives.settings(implied, List.of(listen), reading);
      byAddress.add(listen.host(), listen.port(), false, List.of(), server);
    }
    return byAddress.build(!ownsSockets());
  }

  private boolean ownsSockets() {
    return reading.options().form() == ConfigurationReader.Form.LAUNCHER;
  }

  /**
   * Every server's listens; what is spoken, and the socket's options, are of the address, whichever
   * server says so.
   */
  private Map<Level, List<ListenSettings>> listens(List<Level> levels) {
    Map<Level, List<ListenSettings>> listens = new LinkedHashMap<>();
    Set<String> tls = new HashSet<>();
    Set<String> http2 = new HashSet<>();
    Set<String> proxied = new HashSet<>();
    Map<String, SocketSettings> sockets = new HashMap<>();
    for (Level level : levels) {
      List<ListenSettings> own = level.own(ListenDirectives.LISTENS);
      List<ListenSettings> all =
          own == null ? List.of(ListenDirectives.byDefault(position(level), ownsSockets())) : own;
      listens.put(level, all);
      for (ListenSettings listen : all) {
        String address = ListenDirectives.address(listen);
        if (listen.ssl()) {
          tls.add(address);
        }
        if (listen.http2() || ServerDirectives.http2(level)) {
          http2.add(address);
        }
        if (listen.proxyProtocol()) {
          proxied.add(address);
        }
        if (!listen.socket().equals(SocketSettings.DEFAULT)) {
          sockets.put(address, listen.socket());
        }
      }
    }
    listens.replaceAll(
        (level, all) ->
            all.stream().map(listen -> merged(listen, tls, http2, proxied, sockets)).toList());
    return listens;
  }

  private static ListenSettings merged(
      ListenSettings listen,
      Set<String> tls,
      Set<String> http2,
      Set<String> proxied,
      Map<String, SocketSettings> sockets) {
    String address = ListenDirectives.address(listen);
    return new ListenSettings(
        listen.host(),
        listen.port(),
        tls.contains(address),
        http2.contains(address),
        proxied.contains(address),
        listen.defaultServer(),
        sockets.getOrDefault(address, SocketSettings.DEFAULT),
        listen.position());
  }

  private static void checkDefaults(Map<Level, List<ListenSettings>> listens)
      throws ConfigurationException {
    Set<String> defaults = new HashSet<>();
    for (List<ListenSettings> own : listens.values()) {
      for (ListenSettings listen : own) {
        String address = ListenDirectives.address(listen);
        if (listen.defaultServer() && !defaults.add(address)) {
          throw new ConfigurationException(
              "a duplicate default server for " + address, listen.position());
        }
      }
    }
  }

  /** nginx only warns: the first server of that name has it. */
  private void warnOfConflicts(Map<Level, List<ListenSettings>> listens) {
    Map<String, Level> seen = new HashMap<>();
    listens.forEach(
        (level, own) -> {
          for (ListenSettings listen : own) {
            for (VirtualServers.Name name : names(level)) {
              String address = ListenDirectives.address(listen);
              Level first = seen.putIfAbsent(name.text() + " " + address, level);
              if (first != null && first != level) {
                reading
                    .warnings()
                    .warn(
                        "conflicting server name \""
                            + name.text()
                            + "\" on "
                            + address
                            + ", ignored");
              }
            }
          }
        });
  }

  private static List<VirtualServers.Name> names(Level level) {
    List<VirtualServers.Name> names = ServerDirectives.names(level);
    return names.isEmpty() ? List.of(new VirtualServers.Name("", null)) : names;
  }

  private static Position position(Level level) {
    Directive opening = level.opening();
    return opening == null ? new Position("", 0) : opening.position();
  }
}
