package org.culvert.it.origin;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A self-signed certificate, made by the JDK's {@code keytool}.
 *
 * @param pem the certificate's file, for those who shall trust it
 * @param tls a server's side with it
 */
public record Certificate(Path pem, SSLContext tls) {
  private static final String PASSWORD = "changeit";

  /** Makes one for a host's name. */
  public static Certificate of(String name) throws Exception {
    Path folder = Files.createTempDirectory("certificate");
    Path keys = folder.resolve("keys.p12");
    Path pem = folder.resolve("certificate.pem");
    keytool(
        keys,
        "-genkeypair -alias a -keyalg EC -validity 2 -storetype PKCS12 -dname CN=%s -ext SAN=dns:%s"
            .formatted(name, name));
    keytool(keys, "-exportcert -rfc -alias a -file " + pem);
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      store.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, PASSWORD.toCharArray());
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    return new Certificate(pem, tls);
  }

  private static void keytool(Path keys, String arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments.split(" ")));
    command.addAll(List.of("-keystore", keys.toString(), "-storepass", PASSWORD));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IOException("keytool: " + said);
    }
  }
}
