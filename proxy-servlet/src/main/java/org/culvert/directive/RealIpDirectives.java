package org.culvert.directive;

import java.net.InetSocketAddress;
import java.util.List;
import org.culvert.access.RealIp;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.http.Network;

/** {@code set_real_ip_from}, {@code real_ip_header}, {@code real_ip_recursive}. */
final class RealIpDirectives {
  private static final Setting<List<Network>> FROM = new Setting<>("set_real_ip_from");
  private static final Setting<String> HEADER = new Setting<>("real_ip_header");
  private static final Setting<Boolean> RECURSIVE = new Setting<>("real_ip_recursive");

  private RealIpDirectives() {}

  static void define(DirectiveTable table) {
    table.define("set_real_ip_from", RealIpDirectives::from);
    table.define("real_ip_header", RealIpDirectives::header);
    table.define("real_ip_recursive", Setter.flag(RECURSIVE));
  }

  static RealIp settings(Level level) {
    return new RealIp(
        level.get(FROM, List.of()),
        level.get(HEADER, RealIp.DEFAULT_HEADER),
        level.get(RECURSIVE, false));
  }

  private static void from(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    Network network = AccessDirectives.network(directive, reading);
    if (network != null) {
      level.add(FROM, network);
      return;
    }
    HostPort name = new HostPort(directive.arg(1), 0, false, null);
    String what = "in set_real_ip_from \"" + directive.arg(1) + "\"";
    for (InetSocketAddress found : reading.upstreams().addresses(name, directive, what)) {
      level.add(FROM, Network.of(found.getAddress()));
    }
  }

  private static void header(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    level.putOnce(HEADER, directive.arg(1), directive);
  }
}
