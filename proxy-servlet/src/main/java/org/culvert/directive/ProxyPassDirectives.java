package org.culvert.directive;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.directive.LocationDirectives.Path;
import org.culvert.exchange.ProxyPass;
import org.culvert.exchange.ProxySettings;
import org.culvert.exchange.ProxySettings.WebSocketMode;
import org.culvert.upstream.UpstreamSettings;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/** {@code proxy_pass}, which is never inherited, and all {@code proxy_*} of a location together. */
final class ProxyPassDirectives {
  private static final Setting<Target> PASS = new Setting<>("proxy_pass");
  private static final Setting<WebSocketMode> WEB_SOCKET = new Setting<>("proxy_websocket");
  private static final Map<String, WebSocketMode> MODES =
      Map.of(
          "relay", WebSocketMode.RELAY,
          "tunnel", WebSocketMode.TUNNEL,
          "auto", WebSocketMode.AUTO,
          "off", WebSocketMode.OFF);
  private static final Setting<Set<String>> UPGRADE_PROTOCOLS =
      new Setting<>("proxy_upgrade_protocols");
  private static final Setting<Boolean> IGNORE_CLIENT_ABORT =
      new Setting<>("proxy_ignore_client_abort");

  /** RFC 9110, section 7.8. */
  private static final String PROTOCOL = "[!#$%&'*+.^_`|~0-9a-z-]+(/[!#$%&'*+.^_`|~0-9a-z-]+)?";

  /**
   * What {@code proxy_pass} says.
   *
   * @param url the whole text
   * @param scheme "http" or "https"; "" where the URL has variables
   * @param address what stands behind the scheme, or null where the URL has variables
   * @param at for messages
   */
  record Target(Template url, String scheme, @Nullable HostPort address, Directive at) {
    int defaultPort() {
      return scheme.equals("https") ? 443 : 80;
    }

    /** {@code $proxy_host}. */
    String host() {
      if (address == null) {
        return "";
      }
      if (address.isUnix()) {
        return "localhost";
      }
      return address.port() == defaultPort()
          ? address.host()
          : address.host() + ":" + address.port();
    }
  }

  private ProxyPassDirectives() {}

  static void define(DirectiveTable table) {
    table.define("proxy_pass", ProxyPassDirectives::pass);
    table.define("proxy_websocket", Setter.choice(WEB_SOCKET, MODES));
    table.define("proxy_upgrade_protocols", ProxyPassDirectives::upgradeProtocols);
    table.define("proxy_ignore_client_abort", Setter.flag(IGNORE_CLIENT_ABORT));
  }

  private static void pass(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    level.requireUnset(PASS, directive);
    String url = directive.arg(1);
    Template template = reading.template(directive, 1);
    if (!template.isConstant()) {
      level.put(PASS, new Target(template, "", null, directive));
      return;
    }
    String lower = url.toLowerCase(Locale.ROOT);
    String scheme =
        lower.startsWith("http://") ? "http" : lower.startsWith("https://") ? "https" : "";
    if (scheme.isEmpty()) {
      throw directive.error("invalid URL prefix");
    }
    String rest = url.substring(scheme.length() + 3);
    HostPort address =
        HostPort.peer(
            rest,
            scheme.equals("https") ? 443 : 80,
            true,
            directive,
            "in upstream \"" + rest + "\"");
    Path location = level.own(LocationDirectives.PATH);
    if (address.uri() != null
        && (location == null || location.regex() != null || location.isNamed())) {
      throw directive.error(
          "\"proxy_pass\" cannot have URI part in location given by regular expression, or inside"
              + " named location, or inside \"if\" statement, or inside \"limit_except\" block");
    }
    level.put(PASS, new Target(template, scheme, address, directive));
  }

  private static void upgradeProtocols(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    level.requireUnset(UPGRADE_PROTOCOLS, directive);
    Set<String> protocols = new LinkedHashSet<>();
    for (int i = 1; i < directive.words().size(); i++) {
      String protocol = directive.arg(i).toLowerCase(Locale.ROOT);
      if (!protocol.matches(PROTOCOL)) {
        throw Setter.invalidParameter(directive, directive.arg(i));
      }
      protocols.add(protocol);
    }
    if (protocols.contains("h2c")) {
      reading
          .warnings()
          .warn(
              "\"proxy_upgrade_protocols h2c\" in "
                  + directive.position()
                  + " lets clients send requests to the backend that no location, limit or log"
                  + " sees (request smuggling)");
    }
    level.put(UPGRADE_PROTOCOLS, Set.copyOf(protocols));
  }

  static boolean hasPass(Level level) {
    return target(level) != null;
  }

  /** The target of this very location, which {@code if} and {@code limit_except} in it have too. */
  static @Nullable Target target(Level level) {
    Target own = level.own(PASS);
    Level around = level.parent();
    boolean within =
        level.context() == Context.IF_IN_LOCATION || level.context() == Context.LIMIT_EXCEPT;
    return own == null && within && around != null ? around.own(PASS) : own;
  }

  /** Everything about proxying from a location that has {@code proxy_pass}. */
  static ProxySettings settings(Level level, Path path, Reading reading)
      throws ConfigurationException {
    Target target = target(level);
    if (target == null) {
      throw new IllegalStateException("no proxy_pass in " + path);
    }
    return new ProxySettings(
        pass(target, path, reading),
        ProxyRequestDirectives.rules(level, reading),
        ProxyResponseDirectives.rules(level, path, target),
        ProxyDialDirectives.settings(level),
        ProxyRequestDirectives.timeouts(level),
        ProxyTlsDirectives.settings(level),
        ProxyNextDirectives.settings(level),
        level.get(WEB_SOCKET, WebSocketMode.BY_HEADERS),
        level.get(UPGRADE_PROTOCOLS, ProxySettings.WEBSOCKET_ALONE),
        level.get(IGNORE_CLIENT_ABORT, false));
  }

  private static ProxyPass pass(Target target, Path path, Reading reading)
      throws ConfigurationException {
    HostPort address = target.address();
    if (address == null) {
      return new ProxyPass.Variable(target.url());
    }
    String uri = address.uri();
    boolean hasPrefix = path.regex() == null && !path.isNamed();
    return new ProxyPass.Fixed(
        target.scheme(),
        target.host(),
        address.port(),
        upstream(target, address, reading),
        uri != null && uri.startsWith("?") ? "/" + uri : uri,
        hasPrefix ? path.text() : "");
  }

  private static UpstreamSettings upstream(Target target, HostPort address, Reading reading)
      throws ConfigurationException {
    UpstreamSettings group = reading.upstreams().find(address.host());
    if (group == null) {
      return reading.upstreams().implicit(address, target.at());
    }
    if (address.hasPort()) {
      throw target
          .at()
          .error("upstream \"" + address.host() + "\" may not have port " + address.port());
    }
    return group;
  }
}
