package org.culvert.tunnel;

import java.nio.ByteBuffer;

/**
 * Follows the WebSocket frames of one direction as their bytes pass: looks at headers and at a
 * Close's code, skips every payload, keeps and changes nothing. What is no frame (RFC 6455, section
 * 5.2) ends the counting, not the tunnel: the peers judge each other. For one thread, and after it
 * for whoever is told of the end.
 */
public final class FrameMeter {
  /** No Close has passed. */
  public static final int NONE = 0;

  /** A Close without a status (RFC 6455, section 7.1.5). */
  public static final int NO_STATUS = 1005;

  private static final int LONGEST_HEADER = 14;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;

  private final byte[] header = new byte[LONGEST_HEADER];
  private int have;
  private int need = 2;

  /** Payload bytes of the current frame that are still to pass. */
  private long left;

  private boolean lost;
  private int closePart;
  private long messages;
  private long bytes;
  private long pings;
  private int closeCode;

  /** A meter at the border before the first frame. */
  public FrameMeter() {}

  /** Follows what is between position and limit, which stay as they are. */
  public void follow(ByteBuffer passing) {
    follow(passing, false);
  }

  /**
   * Follows to the end of the frame that is under way, and no further.
   *
   * @return where in the buffer the next frame begins; its limit where that is not in it
   */
  int followToBorder(ByteBuffer passing) {
    return follow(passing, true);
  }

  private int follow(ByteBuffer passing, boolean toBorder) {
    int at = passing.position();
    int end = passing.limit();
    while (at < end && !lost && !(toBorder && isAtBorder())) {
      if (left > 0) {
        if (opcode() == CLOSE) {
          at = followClose(passing, at);
        } else {
          long skipped = Math.min(left, end - at);
          left -= skipped;
          at += (int) skipped;
        }
        continue;
      }
      header[have++] = passing.get(at++);
      if (have == 2) {
        need = 2 + lengthBytes() + (isMasked() ? 4 : 0);
      }
      if (have == need) {
        begin();
      }
    }
    return lost ? end : at;
  }

  /** A header is whole. */
  private void begin() {
    left = length();
    int opcode = opcode();
    boolean control = opcode >= CLOSE;
    if (left < 0 || (opcode > 2 && !control) || opcode > PONG || (control && left > 125)) {
      lost = true;
      return;
    }
    if (!control) {
      bytes += left;
      if ((header[0] & 0x80) != 0) {
        messages++;
      }
    } else if (opcode == PING) {
      pings++;
    } else if (opcode == CLOSE && left == 0) {
      closeCode = NO_STATUS;
    }
    have = 0;
    need = 2;
  }

  /** The first two bytes of a Close's payload are its code, masked from a client. */
  private int followClose(ByteBuffer passing, int from) {
    int at = from;
    while (at < passing.limit() && left > 0) {
      int index = (int) (length() - left);
      int octet = passing.get(at++) & 0xff;
      left--;
      if (isMasked() && index < 2) {
        octet ^= header[2 + lengthBytes() + index] & 0xff;
      }
      if (index == 0) {
        closePart = octet;
      } else if (index == 1) {
        closeCode = closePart << 8 | octet;
      }
    }
    return at;
  }

  private int opcode() {
    return header[0] & 0x0f;
  }

  private boolean isMasked() {
    return (header[1] & 0x80) != 0;
  }

  private int lengthBytes() {
    int length = header[1] & 0x7f;
    return length < 126 ? 0 : length == 126 ? 2 : 8;
  }

  private long length() {
    int bytesOfIt = lengthBytes();
    if (bytesOfIt == 0) {
      return header[1] & 0x7f;
    }
    long length = 0;
    for (int i = 2; i < 2 + bytesOfIt; i++) {
      length = length << 8 | (header[i] & 0xff);
    }
    return length;
  }

  /** Messages whose last frame has begun. */
  public long messages() {
    return messages;
  }

  /** Payload bytes of text and binary frames that have begun, as they are on the wire. */
  public long bytes() {
    return bytes;
  }

  /** Pings. */
  public long pings() {
    return pings;
  }

  /** The code of the last Close, {@link #NO_STATUS} where it had none, {@link #NONE} before it. */
  public int closeCode() {
    return closeCode;
  }

  /** Whether something has passed that is no frame: no border is known from there on. */
  boolean isLost() {
    return lost;
  }

  /** Whether nothing of a frame has begun that is not whole: another frame could be put here. */
  public boolean isAtBorder() {
    return have == 0 && left == 0 && !lost;
  }
}
