package org.culvert.upgrade;

import java.nio.ByteBuffer;

/**
 * Whether a text is UTF-8 (RFC 3629), looked at part by part as it arrives: parts may end anywhere,
 * and the first byte that cannot be right is noticed. Not thread-safe.
 */
final class Utf8Check {
  private static final long NOT_ASCII = 0x8080808080808080L;

  /** Bytes of the current character that are still to come. */
  private int missing;

  /** The bounds of the next of them. */
  private int low;

  private int high;

  /** A check at the begin of a text. */
  Utf8Check() {}

  /**
   * Looks at the next part.
   *
   * @param last whether the text ends with it; the next part then begins another
   * @return false where it is not UTF-8
   */
  boolean accepts(ByteBuffer part, int from, int to, boolean last) {
    int at = from;
    while (at < to) {
      if (missing == 0) {
        while (to - at >= Long.BYTES && (part.getLong(at) & NOT_ASCII) == 0) {
          at += Long.BYTES;
        }
        while (at < to && part.get(at) >= 0) {
          at++;
        }
        if (at < to && !begin(part.get(at++) & 0xff)) {
          return false;
        }
      } else {
        int octet = part.get(at++) & 0xff;
        if (octet < low || octet > high) {
          return false;
        }
        missing--;
        bounds(0x80, 0xbf);
      }
    }
    return !last || missing == 0;
  }

  /** A character of more than one byte: none in more bytes than it needs, no surrogates. */
  private boolean begin(int octet) {
    bounds(0x80, 0xbf);
    if (octet < 0xc2 || octet > 0xf4) {
      return false;
    }
    if (octet < 0xe0) {
      missing = 1;
    } else if (octet < 0xf0) {
      missing = 2;
      bounds(octet == 0xe0 ? 0xa0 : 0x80, octet == 0xed ? 0x9f : 0xbf);
    } else {
      missing = 3;
      bounds(octet == 0xf0 ? 0x90 : 0x80, octet == 0xf4 ? 0x8f : 0xbf);
    }
    return true;
  }

  private void bounds(int lowest, int highest) {
    low = lowest;
    high = highest;
  }
}
