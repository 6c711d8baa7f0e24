package org.culvert.tunnel;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Follows the WebSocket frames of one direction as their bytes pass: looks at headers and at a
 * Close's code, skips every payload, and changes nothing. A header passes when it is whole and a
 * frame's (RFC 6455, section 5.2); at most 13 bytes of one are held back for that. For one thread,
 * and after it for whoever is told of the end.
 */
public final class FrameMeter {
  /** No Close has passed. */
  public static final int NONE = -1;

  /** A Close without a status (RFC 6455, section 7.1.5). */
  public static final int NO_STATUS = 1005;

  private static final int LONGEST_HEADER = 14;
  private static final int FINAL = 0x80;
  private static final int MASKED = 0x80;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;

  /** The reserved bits that the handshake's extensions leave to the frames. */
  public enum ReservedBits {
    /** There is no extension. */
    NONE(0, 0),
    /** RFC 7692: the first frame of a message says that it is compressed. */
    DEFLATE(0x40, 0),
    /** An extension that nobody here knows. */
    ANY(0x70, 0x70);

    private final int first;
    private final int others;

    ReservedBits(int first, int others) {
      this.first = first;
      this.others = others;
    }
  }

  private final boolean masked;
  private final ReservedBits reserved;
  private final byte[] header = new byte[LONGEST_HEADER];

  /** Bytes of a header that is not whole. */
  private int held;

  /** Payload bytes of the current frame that are still to pass. */
  private long left;

  private boolean counting = true;
  private @Nullable String violation;
  private boolean inClose;
  private boolean inControl;
  private long answered;
  private int closeLength;
  private int closeMask;
  private int closePart;
  private long messages;
  private long bytes;
  private long pings;
  private int closeCode = NONE;

  /**
   * A meter at the border before the first frame.
   *
   * @param masked whether its frames must be masked, as a client's, or must not be
   */
  public FrameMeter(boolean masked, ReservedBits reserved) {
    this.masked = masked;
    this.reserved = reserved;
  }

  /** Puts what is held back where it is to be followed again, before what comes next. */
  void giveBack(ByteBuffer to) {
    to.put(header, 0, held);
  }

  /**
   * Follows what is between position and limit, which stay as they are. It begins with what was
   * {@linkplain #giveBack given back}.
   *
   * @return the end of what may pass: the limit, or where a header begins that is not whole or is
   *     none
   */
  public int follow(ByteBuffer passing) {
    return follow(passing, false);
  }

  /**
   * Follows to the end of the frame that is under way, and no further.
   *
   * @return where in the buffer the next frame begins; its limit where that is not in it
   */
  int followToBorder(ByteBuffer passing) {
    return follow(passing, true);
  }

  /** Follows what does not pass any more: only a Close in it is of interest. */
  void discard(ByteBuffer bytes) {
    counting = false;
    follow(bytes, false);
  }

  private int follow(ByteBuffer passing, boolean toBorder) {
    held = 0;
    int at = passing.position();
    int end = passing.limit();
    while (at < end && violation == null && !(toBorder && left == 0)) {
      if (left > 0) {
        int here = (int) Math.min(left, end - at);
        if (inClose) {
          followClose(passing, at, here);
        }
        left -= here;
        at += here;
        continue;
      }
      int length = end - at < 2 ? LONGEST_HEADER : headerLength(passing.get(at + 1));
      if (length > end - at) {
        held = end - at;
        passing.get(at, header, 0, held);
        return at;
      }
      if (begin(passing, at)) {
        at += length;
      }
    }
    return at;
  }

  private static int headerLength(byte second) {
    int length = second & 0x7f;
    int more = length < 126 ? 0 : length == 126 ? 2 : 8;
    return 2 + more + ((second & MASKED) == 0 ? 0 : 4);
  }

  /** A header is whole: whether it is one. */
  private boolean begin(ByteBuffer passing, int at) {
    int first = passing.get(at);
    int second = passing.get(at + 1);
    int opcode = first & 0x0f;
    int shortLength = second & 0x7f;
    long length =
        shortLength < 126
            ? shortLength
            : shortLength == 126 ? passing.getShort(at + 2) & 0xffff : passing.getLong(at + 2);
    violation = wrong(first, second, length);
    if (violation != null) {
      return false;
    }
    left = length;
    inClose = opcode == CLOSE;
    inControl = opcode >= CLOSE;
    if (inClose || opcode == PING) {
      answered++;
    }
    if (inClose) {
      closeLength = shortLength;
      closeMask = (second & MASKED) == 0 ? 0 : passing.getShort(at + 2) & 0xffff;
      if (length == 0) {
        closeCode = NO_STATUS;
      }
    } else if (counting) {
      count(opcode, (first & FINAL) != 0, length);
    }
    return true;
  }

  private void count(int opcode, boolean last, long length) {
    if (opcode == PING) {
      pings++;
    } else if (opcode <= BINARY) {
      bytes += length;
      if (last) {
        messages++;
      }
    }
  }

  /** What is wrong with a header, or null. */
  private @Nullable String wrong(int first, int second, long length) {
    int opcode = first & 0x0f;
    boolean control = opcode >= CLOSE;
    if (opcode > PONG || (opcode > BINARY && !control)) {
      return "a frame of the reserved opcode " + opcode;
    }
    boolean starts = opcode > 0 && !control;
    int bits = first & 0x70 & ~(starts ? reserved.first : reserved.others);
    if (bits != 0) {
      return "a frame with reserved bits (0x%02x)".formatted(bits);
    }
    if (((second & MASKED) != 0) != masked) {
      return masked ? "a frame without a mask" : "a masked frame";
    }
    if (control && (length > 125 || (first & FINAL) == 0 || (opcode == CLOSE && length == 1))) {
      return "a control frame of " + length + " bytes" + ((first & FINAL) == 0 ? ", cut" : "");
    }
    int shortLength = second & 0x7f;
    if (length < 0
        || (shortLength == 126 && length < 126)
        || (shortLength == 127 && length < 65536)) {
      return "a frame whose length is written in a longer form than it needs: " + length;
    }
    return null;
  }

  /** The first two bytes of a Close's payload are its code, masked from a client. */
  private void followClose(ByteBuffer passing, int at, int count) {
    int index = (int) (closeLength - left);
    for (int i = 0; i < count && index < 2; i++, index++) {
      int octet = passing.get(at + i) & 0xff;
      if (index == 0) {
        closePart = octet ^ closeMask >> 8;
      } else {
        closeCode = closePart << 8 | (octet ^ (closeMask & 0xff));
      }
    }
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

  /** Pings and Closes that have begun: what its receiver answers by itself. */
  public long answered() {
    return answered;
  }

  /** Whether a control frame has begun that is not whole. */
  public boolean isInControl() {
    return inControl && left > 0;
  }

  /** Bytes at the end of what was followed last that are a header's which is not whole. */
  public int held() {
    return held;
  }

  /** The code of the last Close, {@link #NO_STATUS} where it had none, {@link #NONE} before it. */
  public int closeCode() {
    return closeCode;
  }

  /** What came in place of a frame, in words; nothing is followed from there on. Else null. */
  public @Nullable String violation() {
    return violation;
  }

  /** Whether no frame has passed that is not whole: another frame could be put here. */
  public boolean isAtBorder() {
    return left == 0;
  }
}
