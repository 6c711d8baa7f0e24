package org.culvert.launcher;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.culvert.directive.Configuration;
import org.culvert.directive.ServerSettings;
import org.culvert.directive.ServerTls;
import org.culvert.observe.Errno;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.ssl.X509;
import org.jspecify.annotations.Nullable;

/**
 * The certificates behind one listening socket, and which of them a client gets: that of the server
 * which its SNI name chooses, as nginx does.
 */
final class Tls {
  // The key store never leaves the memory; its format wants a password all the same.
  private static final String PASSWORD = "memory";

  private final Configuration configuration;
  private final Binding binding;
  private final Map<ServerTls, String> aliases = new LinkedHashMap<>();
  private final KeyStore keys;

  /**
   * Loads the certificates of the servers that listen there.
   *
   * @throws LaunchException when a certificate or key cannot be read, or they do not fit
   */
  Tls(Configuration configuration, Binding binding) throws LaunchException {
    this.configuration = configuration;
    this.binding = binding;
    try {
      keys = KeyStore.getInstance("PKCS12");
      keys.load(null, null);
      for (ServerSettings server : configuration.servers()) {
        ServerTls tls = server.tls();
        if (tls != null && binding.serves(server) && !aliases.containsKey(tls)) {
          String alias = "certificate" + aliases.size();
          aliases.put(tls, alias);
          List<Certificate> chain = chain(tls);
          keys.setKeyEntry(
              alias, key(tls), PASSWORD.toCharArray(), chain.toArray(new Certificate[0]));
        }
      }
    } catch (GeneralSecurityException | IOException e) {
      throw new LaunchException("cannot prepare TLS for " + binding + ": " + e, e);
    }
    if (aliases.isEmpty()) {
      throw new LaunchException(
          "no \"ssl_certificate\" is defined for the \"listen ... ssl\" directive in "
              + binding.position());
    }
  }

  private static List<Certificate> chain(ServerTls tls) throws LaunchException {
    try {
      return Pem.certificates(Path.of(tls.certificate()));
    } catch (IOException e) {
      throw new LaunchException(
          "cannot load certificate \"" + tls.certificate() + "\": " + Errno.of(e), e);
    } catch (GeneralSecurityException e) {
      throw new LaunchException(
          "cannot load certificate \"" + tls.certificate() + "\": " + e.getMessage(), e);
    }
  }

  private static PrivateKey key(ServerTls tls) throws LaunchException {
    try {
      return Pem.privateKey(Path.of(tls.certificateKey()));
    } catch (IOException e) {
      throw new LaunchException(
          "cannot load certificate key \"" + tls.certificateKey() + "\": " + Errno.of(e), e);
    } catch (GeneralSecurityException e) {
      throw new LaunchException(
          "cannot load certificate key \"" + tls.certificateKey() + "\": " + e.getMessage(), e);
    }
  }

  /** Puts keys, protocols and the choice by name into the factory of a socket. */
  void configure(SslContextFactory.Server factory) {
    factory.setKeyStore(keys);
    factory.setKeyStorePassword(PASSWORD);
    factory.setKeyManagerPassword(PASSWORD);
    factory.setIncludeProtocols(protocols());
    factory.setSniRequired(false);
    factory.setSNISelector(
        (keyType, issuers, session, host, certificates) ->
            select(host, certificates.stream().map(X509::getAlias).collect(Collectors.toSet())));
  }

  private String[] protocols() {
    Set<String> all = new TreeSet<>();
    for (ServerTls tls : aliases.keySet()) {
      all.addAll(tls.protocols());
    }
    return all.toArray(new String[0]);
  }

  /** The alias for a name, or null where its certificate is not of the asked key type. */
  private @Nullable String select(@Nullable String host, Set<String> usable) {
    ServerTls tls =
        configuration
            .server(binding.localAddress(), binding.port(), host == null ? "" : host)
            .found()
            .tls();
    String alias = tls == null ? aliases.values().iterator().next() : aliases.get(tls);
    return alias != null && usable.contains(alias) ? alias : null;
  }
}
