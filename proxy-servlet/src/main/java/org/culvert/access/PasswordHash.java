package org.culvert.access;

import at.favre.lib.crypto.bcrypt.BCrypt;
import at.favre.lib.crypto.bcrypt.LongPasswordStrategies;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import org.apache.commons.codec.digest.Crypt;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.codec.digest.Md5Crypt;
import org.culvert.http.Octets;

/**
 * The ways in which {@code auth_basic_user_file} may keep a password (nginx, {@code ngx_crypt}, and
 * what glibc's {@code crypt} and Apache's {@code htpasswd} write): apr1, {@code {SHA}}, {@code
 * {SSHA}}, {@code {PLAIN}}, bcrypt, and crypt's DES, {@code $1$}, {@code $5$}, {@code $6$}. Slow by
 * intent: some take tens of milliseconds.
 */
final class PasswordHash {
  private static final int SHA1_BYTES = 20;

  /** Of any version; like crypt it takes 72 bytes of a longer password. */
  private static final BCrypt.Verifyer BCRYPT =
      BCrypt.verifyer(null, LongPasswordStrategies.truncate(BCrypt.Version.VERSION_2A));

  private PasswordHash() {}

  /** Whether a password is the one that was kept; false for a text that is no such hash. */
  static boolean matches(byte[] password, String kept) {
    try {
      if (kept.startsWith("$2")) {
        return BCRYPT.verify(password, Octets.bytes(kept)).verified;
      }
      if (kept.startsWith("{SSHA}")) {
        return matchesSalted(password, Base64.getDecoder().decode(kept.substring(6)));
      }
      return equal(hashed(password, kept), kept);
    } catch (IllegalArgumentException notOne) {
      return false;
    }
  }

  private static String hashed(byte[] password, String kept) {
    if (kept.startsWith("$apr1$")) {
      return Md5Crypt.apr1Crypt(password.clone(), kept);
    }
    if (kept.startsWith("{SHA}")) {
      return "{SHA}" + Base64.getEncoder().encodeToString(DigestUtils.sha1(password));
    }
    if (kept.startsWith("{PLAIN}")) {
      return "{PLAIN}" + new String(password, StandardCharsets.ISO_8859_1);
    }
    return Crypt.crypt(password.clone(), kept);
  }

  private static boolean matchesSalted(byte[] password, byte[] kept) {
    if (kept.length < SHA1_BYTES) {
      return false;
    }
    MessageDigest digest = DigestUtils.getSha1Digest();
    digest.update(password);
    digest.update(kept, SHA1_BYTES, kept.length - SHA1_BYTES);
    return MessageDigest.isEqual(digest.digest(), Arrays.copyOf(kept, SHA1_BYTES));
  }

  /** In the same time, however much of it is alike. */
  private static boolean equal(String one, String other) {
    return MessageDigest.isEqual(Octets.bytes(one), Octets.bytes(other));
  }
}
