package org.culvert.directive;

import java.net.InetAddress;
import java.net.UnknownHostException;
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
    String text = directive.arg(1);
    if (text.equals("unix:")) {
      throw directive.error("\"unix:\" is not supported");
    }
    Network network = Network.parse(text);
    if (network != null) {
      AccessDirectives.warnOfLowBits(network, directive, reading);
      level.add(FROM, network);
      return;
    }
    try {
      for (InetAddress address : reading.hosts().addresses(text)) {
        level.add(FROM, Network.of(address));
      }
    } catch (UnknownHostException e) {
      throw directive.error("host not found in set_real_ip_from \"" + text + "\"");
    }
  }

  private static void header(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    if (directive.arg(1).equals("proxy_protocol")) {
      throw directive.error("\"proxy_protocol\" is not supported");
    }
    level.putOnce(HEADER, directive.arg(1), directive);
  }
}
