package org.culvert.upgrade;

import java.nio.ByteBuffer;
import java.security.SecureRandom;

/**
 * The masks of frames from a client (RFC 6455, section 5.3): keys that nobody can foresee, drawn in
 * bulk, and their application. A key is an int, its first byte the highest. Thread-safe.
 */
final class Masks {
  private static final int DRAWN = 4096;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final ByteBuffer KEYS = ByteBuffer.wrap(new byte[DRAWN]).limit(0);

  private Masks() {}

  /** A key that was not used before. */
  static int next() {
    synchronized (KEYS) {
      if (!KEYS.hasRemaining()) {
        RANDOM.nextBytes(KEYS.array());
        KEYS.clear();
      }
      return KEYS.getInt();
    }
  }

  /**
   * Masks or unmasks a part of a payload in place.
   *
   * @param bytes in the order that buffers are made with, the highest first
   * @param key rotated so that its first byte is that of the first byte here
   */
  static void apply(ByteBuffer bytes, int from, int to, int key) {
    long eight = (long) key << 32 | key & 0xffffffffL;
    int at = from;
    for (; to - at >= Long.BYTES; at += Long.BYTES) {
      bytes.putLong(at, bytes.getLong(at) ^ eight);
    }
    for (int shift = 24; at < to; at++, shift = (shift - 8) & 31) {
      bytes.put(at, (byte) (bytes.get(at) ^ key >> shift));
    }
  }

  /** The key for what follows so many bytes. */
  static int after(int key, int bytes) {
    return Integer.rotateLeft(key, 8 * (bytes & 3));
  }
}
