package org.culvert.it.origin;

import java.util.zip.CRC32;

/** The bytes that floods consist of: one 64 KiB piece again and again. */
public final class Pattern {
  private static final byte[] PIECE = new byte[64 * 1024];

  static {
    for (int i = 0; i < PIECE.length; i++) {
      PIECE[i] = (byte) (i * 31 + (i >> 8));
    }
  }

  private Pattern() {}

  /** One piece; not to be written to. */
  public static byte[] piece() {
    return PIECE;
  }

  /** The CRC-32 of the first bytes of a flood. */
  public static long crc(long length) {
    CRC32 crc = new CRC32();
    for (long left = length; left > 0; left -= PIECE.length) {
      crc.update(PIECE, 0, (int) Math.min(left, PIECE.length));
    }
    return crc.getValue();
  }
}
