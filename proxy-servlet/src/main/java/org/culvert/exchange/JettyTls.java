package org.culvert.exchange;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/** TLS towards upstreams as {@code proxy_ssl_*} wants it. */
final class JettyTls {
  private JettyTls() {}

  static SslContextFactory.Client contextFactory(
      boolean serverName, boolean verify, @Nullable String trustedCertificate) {
    SslContextFactory.Client factory = new Configured(!verify);
    factory.setEndpointIdentificationAlgorithm(verify ? "HTTPS" : null);
    factory.setSNIProvider(
        (engine, defaults) -> serverName ? serverNames(engine.getPeerHost()) : List.of());
    if (verify && trustedCertificate != null) {
      factory.setTrustStore(trustStore(trustedCertificate));
    }
    return factory;
  }

  /** Does not warn of what the configuration asks for: nginx verifies nothing by default. */
  private static final class Configured extends SslContextFactory.Client {
    Configured(boolean trustAll) {
      super(trustAll);
    }

    @Override
    protected void checkTrustAll() {}

    @Override
    protected void checkEndPointIdentificationAlgorithm() {}
  }

  /** RFC 6066, section 3: a DNS name, never a literal address. */
  private static List<SNIServerName> serverNames(@Nullable String host) {
    if (host == null || host.indexOf(':') >= 0 || host.matches("[0-9.]+")) {
      return List.of();
    }
    try {
      return List.of(new SNIHostName(host));
    } catch (IllegalArgumentException e) {
      return List.of();
    }
  }

  private static KeyStore trustStore(String file) {
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("trusted-" + number++, certificate);
      }
      return store;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(
          "cannot load trusted certificates from \"" + file + "\": " + e.getMessage(), e);
    }
  }
}
