package org.culvert.directive;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Units;
import org.culvert.exchange.ProxySettings.Dialling;
import org.culvert.resolver.ResolverSettings;
import org.jspecify.annotations.Nullable;

/** {@code resolver} and {@code resolver_timeout}. */
final class ResolverDirectives {
  private static final Setting<ResolverSettings> RESOLVER = new Setting<>("resolver");
  private static final Setting<Duration> TIMEOUT = new Setting<>("resolver_timeout");
  private static final int DNS_PORT = 53;

  private ResolverDirectives() {}

  static void define(DirectiveTable table) {
    for (Context context : List.of(Context.HTTP, Context.SERVER, Context.LOCATION)) {
      table.define("resolver", context, ResolverDirectives::resolver);
      table.define("resolver_timeout", context, Setter.time(TIMEOUT));
    }
  }

  private static void resolver(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    level.requireUnset(RESOLVER, directive);
    List<InetSocketAddress> servers = new ArrayList<>();
    Duration valid = null;
    boolean ipv4 = true;
    boolean ipv6 = true;
    for (int i = 1; i <= directive.arity(); i++) {
      String word = directive.arg(i);
      if (word.startsWith("valid=")) {
        valid = Units.seconds(word.substring(6));
        if (valid == null) {
          throw invalid(directive, word);
        }
      } else if (word.startsWith("ipv4=")) {
        ipv4 = isOn(directive, word);
      } else if (word.startsWith("ipv6=")) {
        ipv6 = isOn(directive, word);
      } else if (!word.startsWith("status_zone=")) {
        servers.addAll(servers(directive, word, reading));
      }
    }
    if (servers.isEmpty()) {
      throw directive.error("no name servers defined");
    }
    if (!ipv4 && !ipv6) {
      throw directive.error("\"ipv4\" and \"ipv6\" cannot both be \"off\"");
    }
    level.put(RESOLVER, new ResolverSettings(List.copyOf(servers), valid, ipv4, ipv6));
  }

  private static List<InetSocketAddress> servers(Directive directive, String word, Reading reading)
      throws ConfigurationException {
    String what = "in resolver \"" + word + "\"";
    HostPort server = HostPort.parse(word, DNS_PORT, false, directive, what);
    return reading.upstreams().addresses(server, directive, what);
  }

  private static boolean isOn(Directive directive, String word) throws ConfigurationException {
    return switch (word.substring(5)) {
      case "on" -> true;
      case "off" -> false;
      default -> throw invalid(directive, word);
    };
  }

  /** Not the words of {@link Setter#invalidParameter}: nginx quotes nothing here. */
  private static ConfigurationException invalid(Directive directive, String word) {
    return directive.error("invalid parameter: " + word);
  }

  static @Nullable ResolverSettings resolver(Level level) {
    return level.find(RESOLVER);
  }

  static Duration timeout(Level level) {
    return level.get(TIMEOUT, Dialling.USUAL.resolverTimeout());
  }
}
