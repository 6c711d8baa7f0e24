package org.culvert.directive;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Position;
import org.culvert.conf.Units;
import org.jspecify.annotations.Nullable;

/** {@code listen}: addresses, ports and their parameters. */
final class ListenDirectives {
  static final Setting<List<ListenSettings>> LISTENS = new Setting<>("listen");

  /** The addresses that one of the servers gave socket options. */
  private static final Setting<Map<String, Directive>> OPTIONS = new Setting<>("listen options");

  private static final int DEFAULT_PORT = 80;
  private static final int UNPRIVILEGED_PORT = 8000;

  /** Parameters of the socket, which the JVM or the container sets as it thinks best. */
  private static final Set<String> SOCKET_PARAMETERS =
      Set.of("bind", "deferred", "reuseport", "multipath");

  private static final Set<String> SOCKET_OPTIONS =
      Set.of(
          "setfib",
          "fastopen",
          "backlog",
          "rcvbuf",
          "sndbuf",
          "accept_filter",
          "ipv6only",
          "so_keepalive");

  private ListenDirectives() {}

  static void define(DirectiveTable table) {
    table.define("listen", ListenDirectives::listen);
  }

  private static void listen(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    boolean ssl = false;
    boolean http2 = false;
    boolean isDefault = false;
    boolean hasOptions = false;
    for (int i = 2; i <= directive.arity(); i++) {
      String word = directive.arg(i);
      switch (word) {
        case "ssl" -> ssl = true;
        case "http2" -> http2 = true;
        case "default_server", "default" -> isDefault = true;
        default -> {
          checkParameter(word, directive);
          hasOptions = true;
        }
      }
    }
    Set<String> seen = new HashSet<>();
    for (ListenSettings listen : level.get(LISTENS, List.of())) {
      seen.add(address(listen));
    }
    for (Address address : addresses(directive, reading)) {
      ListenSettings listen =
          new ListenSettings(
              address.host, address.port, ssl, http2, isDefault, directive.position());
      if (!seen.add(address(listen))) {
        throw directive.error("a duplicate listen " + address(listen));
      }
      level.add(LISTENS, listen);
      Level http = level.parent();
      if (hasOptions && http != null && http.addTo(OPTIONS, address(listen), directive) != null) {
        throw directive.error("duplicate listen options for " + address(listen));
      }
    }
  }

  private static void checkParameter(String word, Directive directive)
      throws ConfigurationException {
    String name = word.contains("=") ? word.substring(0, word.indexOf('=')) : word;
    String value = word.substring(Math.min(name.length() + 1, word.length()));
    if (name.equals("proxy_protocol") || name.equals("quic")) {
      throw directive.error("parameter \"" + name + "\" of \"listen\" is not supported");
    }
    boolean isOption = SOCKET_OPTIONS.contains(name) && word.contains("=");
    if (name.equals("ipv6only") && isOption && !value.equals("on") && !value.equals("off")) {
      throw directive.error("invalid ipv6only flags \"" + value + "\"");
    }
    if (name.equals("backlog") && isOption && Units.number(value).orElse(0) == 0) {
      throw directive.error("invalid backlog \"" + value + "\"");
    }
    if (!isOption && !SOCKET_PARAMETERS.contains(word)) {
      throw Setter.invalidParameter(directive, word);
    }
  }

  private record Address(@Nullable String host, int port) {}

  private static List<Address> addresses(Directive directive, Reading reading)
      throws ConfigurationException {
    String text = directive.arg(1);
    String what = "in \"" + text + "\" of the \"listen\" directive";
    if (text.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '-') && !text.isEmpty()) {
      return range(null, text, directive, what);
    }
    int colon = text.lastIndexOf(':');
    int dash = colon < 0 ? -1 : text.indexOf('-', colon);
    String ports = "";
    if (dash > 0 && text.lastIndexOf(']') < colon) {
      ports = text.substring(colon + 1);
      text = text.substring(0, dash);
    }
    HostPort parsed = HostPort.parse(text, DEFAULT_PORT, false, directive, what);
    List<Address> addresses = new ArrayList<>();
    for (String host : hosts(parsed, directive, reading, what)) {
      if (ports.isEmpty()) {
        addresses.add(new Address(host.isEmpty() ? null : host, parsed.port()));
      } else {
        addresses.addAll(range(host.isEmpty() ? null : host, ports, directive, what));
      }
    }
    return addresses;
  }

  private static List<String> hosts(
      HostPort parsed, Directive directive, Reading reading, String what)
      throws ConfigurationException {
    if (parsed.host().equals("*") || parsed.host().equals("0.0.0.0")) {
      return List.of("");
    }
    List<String> literals = literal(parsed, directive, reading, what);
    return parsed.host().startsWith("[")
        ? List.of(parsed.address().toLowerCase(Locale.ROOT))
        : literals;
  }

  private static List<String> literal(
      HostPort parsed, Directive directive, Reading reading, String what)
      throws ConfigurationException {
    List<String> literals = new ArrayList<>();
    for (InetSocketAddress address : reading.upstreams().addresses(parsed, directive, what)) {
      literals.add(address.getAddress().getHostAddress());
    }
    return literals;
  }

  private static List<Address> range(
      @Nullable String host, String ports, Directive directive, String what)
      throws ConfigurationException {
    int dash = ports.indexOf('-');
    int first = HostPort.port(dash < 0 ? ports : ports.substring(0, dash), directive, what);
    int last = dash < 0 ? first : HostPort.port(ports.substring(dash + 1), directive, what);
    if (last < first) {
      throw directive.error("invalid port range " + what);
    }
    List<Address> addresses = new ArrayList<>();
    for (int port = first; port <= last; port++) {
      addresses.add(new Address(host, port));
    }
    return addresses;
  }

  /**
   * nginx's default where a server has no {@code listen}: port 80, or 8000 for who is not root.
   *
   * @param ownsSockets whether the port will be opened at all
   */
  static ListenSettings byDefault(Position position, boolean ownsSockets) {
    boolean mayOpen80 = !ownsSockets || "root".equals(System.getProperty("user.name"));
    return new ListenSettings(
        null, mayOpen80 ? DEFAULT_PORT : UNPRIVILEGED_PORT, false, false, false, position);
  }

  /** Address and port as nginx prints them. */
  static String address(ListenSettings listen) {
    String host = listen.host();
    String printed = host == null ? "0.0.0.0" : host.contains(":") ? "[" + host + "]" : host;
    return printed + ":" + listen.port();
  }
}
