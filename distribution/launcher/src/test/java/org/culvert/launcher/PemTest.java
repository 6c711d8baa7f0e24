package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PemTest {
  static Path file(String name) {
    return Path.of("src/test/resources/tls", name).toAbsolutePath();
  }

  @ParameterizedTest
  @CsvSource({
    "one.key, one.pem, SHA256withRSA",
    "one.pkcs1.key, one.pem, SHA256withRSA",
    "two.key, two.pem, SHA256withECDSA",
  })
  void readsTheKeyOfACertificate(String key, String certificate, String algorithm)
      throws Exception {
    PrivateKey secret = Pem.privateKey(file(key));
    Certificate open = Pem.certificates(file(certificate)).get(0);

    Signature signer = Signature.getInstance(algorithm);
    signer.initSign(secret);
    signer.update((byte) 1);
    byte[] signature = signer.sign();
    Signature verifier = Signature.getInstance(algorithm);
    verifier.initVerify(open);
    verifier.update((byte) 1);
    assertThat(verifier.verify(signature)).isTrue();
  }

  @Test
  void readsEd25519() throws Exception {
    assertThat(Pem.privateKey(file("ed25519.key")).getAlgorithm()).isEqualTo("EdDSA");
  }

  @Test
  void refusesAnEncryptedKey() {
    assertThatThrownBy(() -> Pem.privateKey(file("encrypted.key")))
        .isInstanceOf(InvalidKeyException.class)
        .hasMessageContaining("encrypted");
  }

  @Test
  void refusesAFileWithoutWhatIsLookedFor() {
    assertThatThrownBy(() -> Pem.privateKey(file("one.pem")))
        .isInstanceOf(InvalidKeyException.class);
    assertThatThrownBy(() -> Pem.certificates(file("one.key")))
        .isInstanceOf(CertificateException.class);
  }
}
