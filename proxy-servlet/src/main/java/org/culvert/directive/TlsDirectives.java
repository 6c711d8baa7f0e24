package org.culvert.directive;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Word;
import org.jspecify.annotations.Nullable;

/**
 * TLS towards clients: {@code ssl_certificate}, {@code ssl_certificate_key}, {@code ssl_protocols}.
 */
final class TlsDirectives {
  private static final Setting<List<Directive>> CERTIFICATES = new Setting<>("ssl_certificate");
  private static final Setting<List<Directive>> KEYS = new Setting<>("ssl_certificate_key");
  private static final Setting<Set<String>> PROTOCOLS = new Setting<>("ssl_protocols");

  private static final Set<String> KNOWN =
      Set.of("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3");

  private TlsDirectives() {}

  static void define(DirectiveTable table) {
    table.define("ssl_certificate", (d, level, reading) -> certificate(CERTIFICATES, d, level));
    table.define("ssl_certificate_key", (d, level, reading) -> certificate(KEYS, d, level));
    table.define("ssl_protocols", TlsDirectives::protocols);
  }

  private static void certificate(Setting<List<Directive>> setting, Directive d, Level level)
      throws ConfigurationException {
    if (level.own(setting) != null) {
      // nginx takes several, for keys of different kinds.
      throw d.error("a second \"" + d.name() + "\" is not supported");
    }
    if (d.arg(1).contains("$")) {
      throw d.error("variables in \"" + d.name() + "\" are not supported");
    }
    if (d.arg(1).startsWith("data:") || d.arg(1).startsWith("engine:")) {
      throw d.error("\"" + d.name() + "\" of \"" + d.arg(1) + "\" is not supported");
    }
    level.add(setting, d);
  }

  private static void protocols(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    Set<String> protocols = level.own(PROTOCOLS);
    if (protocols == null) {
      protocols = new LinkedHashSet<>();
      level.put(PROTOCOLS, protocols);
    }
    for (Word word : directive.args()) {
      if (!KNOWN.contains(word.text())) {
        throw directive.error("invalid value \"" + word.text() + "\"");
      }
      protocols.add(word.text());
    }
  }

  /** The server's TLS, or null where it has no certificate. */
  static @Nullable ServerTls settings(Level server, Reading reading) throws ConfigurationException {
    List<Directive> certificates = server.find(CERTIFICATES);
    if (certificates == null) {
      return null;
    }
    Directive certificate = certificates.get(0);
    List<Directive> keys = server.find(KEYS);
    if (keys == null) {
      throw certificate.error(
          "no \"ssl_certificate_key\" is defined for certificate \""
              + reading.configurationPath(certificate)
              + "\"");
    }
    Set<String> protocols = new TreeSet<>(server.get(PROTOCOLS, Set.of("TLSv1.2", "TLSv1.3")));
    return new ServerTls(
        readable(certificate, "certificate", reading),
        readable(keys.get(0), "certificate key", reading),
        List.copyOf(protocols));
  }

  /** In a WAR the container owns the sockets, and the files need not be there. */
  private static String readable(Directive directive, String what, Reading reading)
      throws ConfigurationException {
    return reading.options().form() == ConfigurationReader.Form.LAUNCHER
        ? reading.readablePath(directive, what)
        : reading.configurationPath(directive);
  }
}
