package org.culvert.directive;

import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.exchange.LocalAddress;
import org.culvert.exchange.ProxySettings.Dialling;
import org.culvert.variable.Template;

/** {@code proxy_bind} and what else a connection to a peer is made with. */
final class ProxyDialDirectives {
  private static final Setting<Template> BIND = new Setting<>("proxy_bind");
  private static final Setting<Boolean> KEEPALIVE = new Setting<>("proxy_socket_keepalive");
  private static final Setting<Integer> HASH_MAX = new Setting<>("proxy_headers_hash_max_size");
  private static final Setting<Integer> HASH_BUCKET =
      new Setting<>("proxy_headers_hash_bucket_size");

  /** What {@code proxy_bind off} puts: an empty address is none. */
  private static final Template NOWHERE = Template.constant("");

  private ProxyDialDirectives() {}

  static void define(DirectiveTable table) {
    table.define("proxy_bind", ProxyDialDirectives::bind);
    table.define("proxy_socket_keepalive", Setter.flag(KEEPALIVE));
    // There is no hash table of ours whose size these could be.
    table.define("proxy_headers_hash_max_size", Setter.number(HASH_MAX));
    table.define("proxy_headers_hash_bucket_size", Setter.number(HASH_BUCKET));
  }

  private static void bind(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    level.requireUnset(BIND, directive);
    if (directive.arity() == 1 && directive.arg(1).equals("off")) {
      level.put(BIND, NOWHERE);
      return;
    }
    Template address = reading.template(directive, 1);
    if (address.isConstant() && LocalAddress.parse(directive.arg(1)) == null) {
      throw directive.error("invalid address \"" + directive.arg(1) + "\"");
    }
    if (directive.arity() == 2) {
      if (!directive.arg(2).equals("transparent")) {
        throw Setter.invalidParameter(directive, directive.arg(2));
      }
      throw directive.error(
          "parameter \"transparent\" of \"proxy_bind\" is not supported: the JDK's sockets cannot"
              + " have addresses that are not the machine's");
    }
    level.put(BIND, address);
  }

  static Dialling settings(Level level) {
    return new Dialling(
        ResolverDirectives.resolver(level),
        ResolverDirectives.timeout(level),
        level.get(BIND, NOWHERE),
        level.get(KEEPALIVE, false));
  }
}
