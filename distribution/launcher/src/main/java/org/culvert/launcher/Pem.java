package org.culvert.launcher;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Certificates and keys in PEM (RFC 7468), as {@code ssl_certificate} and {@code
 * ssl_certificate_key} name them. Keys come as PKCS#8, as PKCS#1 ({@code RSA PRIVATE KEY}) or as
 * SEC 1 ({@code EC PRIVATE KEY}); encrypted ones are refused.
 */
final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

  // AlgorithmIdentifiers: rsaEncryption with NULL, and the object identifier of id-ecPublicKey.
  private static final byte[] RSA = hex("300d06092a864886f70d0101010500");
  private static final byte[] EC = hex("06072a8648ce3d0201");
  private static final byte[] VERSION_0 = hex("020100");

  private static final int SEQUENCE = 0x30;
  private static final int OCTET_STRING = 0x04;
  private static final int PARAMETERS = 0xa0;

  private Pem() {}

  /** The certificates of a file, in its order: the server's first, then its chain. */
  static List<Certificate> certificates(Path file) throws IOException, GeneralSecurityException {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<Certificate> certificates = new ArrayList<>();
    Matcher blocks = BLOCK.matcher(text(file));
    while (blocks.find()) {
      if (blocks.group(1).endsWith("CERTIFICATE")) {
        certificates.add(factory.generateCertificate(new ByteArrayInputStream(bytes(blocks))));
      }
    }
    if (certificates.isEmpty()) {
      throw new CertificateException("no certificate in it");
    }
    return certificates;
  }

  /** The first private key of a file. */
  static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
    Matcher blocks = BLOCK.matcher(text(file));
    while (blocks.find()) {
      switch (blocks.group(1)) {
        case "PRIVATE KEY":
          return pkcs8(bytes(blocks));
        case "RSA PRIVATE KEY":
          if (blocks.group(2).contains("ENCRYPTED")) {
            throw new InvalidKeyException("the key is encrypted, which is not supported");
          }
          return pkcs8(der(SEQUENCE, VERSION_0, RSA, der(OCTET_STRING, bytes(blocks))));
        case "EC PRIVATE KEY":
          byte[] key = bytes(blocks);
          byte[] algorithm = der(SEQUENCE, EC, curve(key));
          return pkcs8(der(SEQUENCE, VERSION_0, algorithm, der(OCTET_STRING, key)));
        case "ENCRYPTED PRIVATE KEY":
          throw new InvalidKeyException("the key is encrypted, which is not supported");
        default:
          break;
      }
    }
    throw new InvalidKeyException("no private key in it");
  }

  private static PrivateKey pkcs8(byte[] encoded) throws GeneralSecurityException {
    for (String algorithm : List.of("RSA", "EC", "EdDSA", "RSASSA-PSS")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
      } catch (InvalidKeySpecException another) {
        // The encoding names its algorithm, and each factory knows but its own.
        continue;
      }
    }
    throw new InvalidKeyException("a key of an unknown algorithm");
  }

  /** The curve's identifier out of an ECPrivateKey (RFC 5915): version, key, [0] parameters. */
  private static byte[] curve(byte[] key) throws InvalidKeyException {
    try {
      int at = content(key, 0);
      at = end(key, at); // version
      at = end(key, at); // the key itself
      if ((key[at] & 0xff) == PARAMETERS) {
        int from = content(key, at);
        byte[] curve = new byte[end(key, from) - from];
        System.arraycopy(key, from, curve, 0, curve.length);
        return curve;
      }
    } catch (ArrayIndexOutOfBoundsException e) {
      throw new InvalidKeyException("the key is damaged", e);
    }
    throw new InvalidKeyException("the key does not name its curve");
  }

  private static int content(byte[] der, int at) {
    int length = der[at + 1] & 0xff;
    return at + 2 + (length < 0x80 ? 0 : length & 0x7f);
  }

  private static int end(byte[] der, int at) {
    int from = content(der, at);
    int length = der[at + 1] & 0xff;
    if (length >= 0x80) {
      length = 0;
      for (int i = at + 2; i < from; i++) {
        length = length << 8 | der[i] & 0xff;
      }
    }
    return from + length;
  }

  private static byte[] der(int tag, byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    int length = all.size();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else {
      int bytes = length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
      out.write(0x80 | bytes);
      for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        out.write(length >> shift);
      }
    }
    out.writeBytes(all.toByteArray());
    return out.toByteArray();
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.ISO_8859_1);
  }

  private static byte[] bytes(Matcher block) throws GeneralSecurityException {
    try {
      return Base64.getMimeDecoder().decode(block.group(2));
    } catch (IllegalArgumentException e) {
      throw new GeneralSecurityException("not base64 in " + block.group(1), e);
    }
  }

  private static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits);
  }
}
