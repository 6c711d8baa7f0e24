package org.culvert.servlet;

import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import org.apache.tomcat.util.net.SecureNioChannel;
import org.jspecify.annotations.Nullable;

/**
 * What Tomcat's TLS has read from a socket and has not decrypted, when the socket leaves it. Tomcat
 * has no word for it, so its field is looked into; where that cannot be had there is no tunnel over
 * TLS.
 */
final class TomcatTlsRemains {
  private static final @Nullable Field ENCRYPTED = field();

  private TomcatTlsRemains() {}

  private static @Nullable Field field() {
    try {
      Field field = SecureNioChannel.class.getDeclaredField("netInBuffer");
      field.setAccessible(true);
      return field.getType() == ByteBuffer.class ? field : null;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }

  /**
   * Whether this connection's can be had: OpenSSL's engines are freed by Tomcat at its own time.
   */
  static boolean areKnownOf(SecureNioChannel tls) {
    SSLEngine engine = tls.getSslEngine();
    return ENCRYPTED != null
        && engine != null
        && !engine.getClass().getName().startsWith("org.apache.tomcat.");
  }

  /** Takes out records that wait to be decrypted, or the first part of one. */
  static ByteBuffer encrypted(SecureNioChannel tls) {
    try {
      if (ENCRYPTED == null || !(ENCRYPTED.get(tls) instanceof ByteBuffer held)) {
        throw new IllegalStateException("Tomcat's TLS cannot be looked into");
      }
      held.flip(); // It is kept ready to be read into.
      ByteBuffer taken = ByteBuffer.allocate(held.remaining()).put(held).flip();
      held.clear();
      return taken;
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("Tomcat's TLS cannot be looked into any more", e);
    }
  }
}
