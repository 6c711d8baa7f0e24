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
import org.jspecify.annotations.Nullable;

/** {@code listen}: addresses, ports and their parameters. */
final class ListenDirectives {
  static final Setting<List<ListenSettings>> LISTENS = new Setting<>("listen");

  /** The addresses that one of the servers gave socket options. */
  private static final Setting<Map<String, Directive>> OPTIONS = new Setting<>("listen options");

  private static final String UNIX = "unix:";
  private static final int DEFAULT_PORT = 80;
  private static final int UNPRIVILEGED_PORT = 8000;

  /** {@code sun_path} of Linux, with the NUL behind it. */
  private static final int LONGEST_PATH = 108;

  private ListenDirectives() {}

  static void define(DirectiveTable table) {
    table.define("listen", ListenDirectives::listen);
  }

  private static void listen(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    ListenParameters parameters = new ListenParameters(directive);
    Set<String> seen = new HashSet<>();
    for (ListenSettings listen : level.get(LISTENS, List.of())) {
      seen.add(address(listen));
    }
    for (Address address : addresses(directive, reading)) {
      ListenSettings listen =
          new ListenSettings(
              address.host,
              address.port,
              parameters.ssl(),
              parameters.http2(),
              parameters.proxyProtocol(),
              parameters.isDefault(),
              parameters.socket(),
              directive.position());
      if (!seen.add(address(listen))) {
        throw directive.error("a duplicate listen " + address(listen));
      }
      level.add(LISTENS, listen);
      Level http = level.parent();
      if (parameters.hasOptions()
          && http != null
          && http.addTo(OPTIONS, address(listen), directive) != null) {
        throw directive.error("duplicate listen options for " + address(listen));
      }
    }
  }

  private record Address(@Nullable String host, int port) {}

  private static List<Address> addresses(Directive directive, Reading reading)
      throws ConfigurationException {
    String text = directive.arg(1);
    String what = "in \"" + text + "\" of the \"listen\" directive";
    if (text.startsWith(UNIX)) {
      return List.of(new Address(unix(text, directive, what), 0));
    }
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

  private static String unix(String text, Directive directive, String what)
      throws ConfigurationException {
    int length = text.length() - UNIX.length();
    if (length == 0) {
      throw directive.error("no path in the unix domain socket " + what);
    }
    if (length + 1 > LONGEST_PATH) {
      throw directive.error("too long path in the unix domain socket " + what);
    }
    return text;
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
        null,
        mayOpen80 ? DEFAULT_PORT : UNPRIVILEGED_PORT,
        false,
        false,
        false,
        false,
        SocketSettings.DEFAULT,
        position);
  }

  /** Address and port as nginx prints them. */
  static String address(ListenSettings listen) {
    String host = listen.host();
    if (host != null && host.startsWith(UNIX)) {
      return host;
    }
    String printed = host == null ? "0.0.0.0" : host.contains(":") ? "[" + host + "]" : host;
    return printed + ":" + listen.port();
  }
}
