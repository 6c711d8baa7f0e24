package org.culvert.upgrade;

import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.jspecify.annotations.Nullable;

/**
 * What Jetty's TLS has read from a socket and has not handed on, when the socket leaves it. Jetty
 * has no word for it, so its fields are looked into; they are looked up once, and where they cannot
 * be had there is no tunnel over TLS.
 */
final class JettyTlsRemains {
  private static final @Nullable Field ENCRYPTED = field("_encryptedInput");
  private static final @Nullable Field DECRYPTED = field("_decryptedInput");

  private JettyTlsRemains() {}

  private static @Nullable Field field(String name) {
    try {
      Field field = SslConnection.class.getDeclaredField(name);
      field.setAccessible(true);
      return RetainableByteBuffer.class.isAssignableFrom(field.getType()) ? field : null;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }

  static boolean areKnown() {
    return ENCRYPTED != null && DECRYPTED != null;
  }

  /** Takes out records that wait to be decrypted, or the first part of one. */
  static ByteBuffer encrypted(SslConnection connection) {
    return taken(ENCRYPTED, connection, ByteBuffer.allocate(0));
  }

  /** Takes out decrypted bytes that nobody has read, and puts them behind those that were. */
  static ByteBuffer behind(ByteBuffer read, SslConnection connection) {
    return taken(DECRYPTED, connection, read);
  }

  private static ByteBuffer taken(
      @Nullable Field from, SslConnection connection, ByteBuffer before) {
    try {
      if (from == null || !(from.get(connection) instanceof RetainableByteBuffer held)) {
        return before;
      }
      ByteBuffer bytes = held.getByteBuffer();
      ByteBuffer all = ByteBuffer.allocate(before.remaining() + bytes.remaining());
      all.put(before).put(bytes).flip();
      from.set(connection, null);
      held.release(); // An idle tunnel holds no buffer.
      return all;
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("Jetty's TLS cannot be looked into any more", e);
    }
  }
}
