package org.culvert.directive;

import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.exchange.ProxySettings.UpstreamTls;
import org.culvert.variable.Template;

/** {@code proxy_ssl_*}: TLS towards upstreams. */
final class ProxyTlsDirectives {
  private static final Setting<Boolean> SERVER_NAME = new Setting<>("proxy_ssl_server_name");
  private static final Setting<Template> NAME = new Setting<>("proxy_ssl_name");
  private static final Setting<Boolean> VERIFY = new Setting<>("proxy_ssl_verify");
  private static final Setting<String> TRUSTED = new Setting<>("proxy_ssl_trusted_certificate");

  private ProxyTlsDirectives() {}

  static void define(DirectiveTable table) {
    table.define("proxy_ssl_server_name", Setter.flag(SERVER_NAME));
    table.define("proxy_ssl_name", Setter.template(NAME));
    table.define("proxy_ssl_verify", Setter.flag(VERIFY));
    table.define("proxy_ssl_trusted_certificate", ProxyTlsDirectives::trusted);
  }

  private static void trusted(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    level.requireUnset(TRUSTED, directive);
    level.put(TRUSTED, reading.readablePath(directive, "certificate"));
  }

  /** {@code proxy_ssl_verify on} without a file trusts what the JVM trusts, unlike in nginx. */
  static UpstreamTls settings(Level level) {
    return new UpstreamTls(
        level.get(SERVER_NAME, false),
        level.find(NAME),
        level.get(VERIFY, false),
        level.find(TRUSTED));
  }
}
