package org.culvert.upgrade;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Cuts the bytes that come from one peer of a WebSocket into pieces of messages and control frames
 * (RFC 6455, section 5). It unmasks in place, asks of a sender all that the RFC does, and notices
 * the first byte that is wrong; it keeps no payload but a control frame's. Not thread-safe.
 */
final class FrameDecoder {
  /** What was found. */
  enum Event {
    /** Nothing further in what is there; all of it is taken. */
    NEEDS_BYTES,

    /**
     * A piece of a message: {@link #size} bytes from the buffer's position, which the caller moves
     * on.
     */
    PIECE,
    PING,
    PONG,

    /** The last event: what follows a Close is not looked at. */
    CLOSE
  }

  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;

  private static final byte[] NOTHING = {};
  private static final int LONGEST_CONTROL = 125;
  private static final int TWO_BYTES = 126;
  private static final int EIGHT_BYTES = 127;

  private final boolean masked;
  private final Utf8Check utf8 = new Utf8Check();

  // The frame under way: its header's bytes so far and in all, and what they said.
  private int have;
  private int need = 2;
  private int opcode;
  private boolean fin;
  private int lengthForm;
  private long left;
  private int mask;
  private byte[] control = NOTHING;

  // The message under way.
  private boolean inMessage;
  private boolean text;
  private boolean nothingYet;

  // The piece that was found last.
  private boolean first;
  private boolean last;
  private int size;

  /**
   * A decoder before the first frame.
   *
   * @param masked whether the peer is a client, whose frames are masked; a server's never are
   */
  FrameDecoder(boolean masked) {
    this.masked = masked;
  }

  /**
   * Goes on in what has come, up to the next event.
   *
   * @param in from its position on; what is a payload there may be changed
   * @throws FrameException for what the RFC forbids; nothing is to be decoded after it
   */
  Event next(ByteBuffer in) throws FrameException {
    while (header(in)) {
      if (opcode >= CLOSE) {
        return controlled(in) ? event() : Event.NEEDS_BYTES;
      }
      if (left > 0 && !in.hasRemaining()) {
        break;
      }
      piece(in);
      if (size > 0 || last) {
        return Event.PIECE;
      }
    }
    return Event.NEEDS_BYTES;
  }

  /** Whether a header is whole. */
  private boolean header(ByteBuffer in) throws FrameException {
    while (have < need) {
      if (!in.hasRemaining()) {
        return false;
      }
      int octet = in.get() & 0xff;
      if (have == 0) {
        firstByte(octet);
      } else if (have == 1) {
        secondByte(octet);
      } else if (have - 2 < lengthBytes()) {
        left = left << 8 | octet;
      } else {
        mask = mask << 8 | octet;
      }
      have++;
      if (have == 2 + lengthBytes()) {
        checkLength();
      }
    }
    return true;
  }

  private void firstByte(int octet) throws FrameException {
    fin = (octet & 0x80) != 0;
    opcode = octet & 0x0f;
    if ((octet & 0x70) != 0) {
      throw breach("a reserved bit is set in the frame's first byte, 0x%02x", octet);
    }
    if (opcode > PONG || (opcode > BINARY && opcode < CLOSE)) {
      throw breach("the opcode %d is reserved", opcode);
    }
    if (opcode >= CLOSE) {
      if (!fin) {
        throw breach("a control frame is fragmented, opcode %d", opcode);
      }
    } else if (opcode == CONTINUATION) {
      if (!inMessage) {
        throw breach("a continuation frame, and nothing to continue", opcode);
      }
    } else {
      if (inMessage) {
        throw breach("a message begins inside of another, opcode %d", opcode);
      }
      inMessage = true;
      nothingYet = true;
      text = opcode == TEXT;
    }
  }

  private void secondByte(int octet) throws FrameException {
    if ((octet & 0x80) != 0 != masked) {
      throw breach(
          masked ? "a client's frame is not masked" : "a server's frame is masked", opcode);
    }
    lengthForm = octet & 0x7f;
    if (opcode >= CLOSE && lengthForm > LONGEST_CONTROL) {
      throw breach("a control frame is longer than 125 bytes, opcode %d", opcode);
    }
    left = lengthForm < TWO_BYTES ? lengthForm : 0;
    mask = 0;
    need = 2 + lengthBytes() + (masked ? 4 : 0);
  }

  private int lengthBytes() {
    return lengthForm < TWO_BYTES ? 0 : lengthForm == TWO_BYTES ? 2 : 8;
  }

  private void checkLength() throws FrameException {
    if ((lengthForm == TWO_BYTES && left < TWO_BYTES)
        || (lengthForm == EIGHT_BYTES && left <= 0xffff)) {
      throw breach(
          left < 0
              ? "the length %d is beyond 63 bits"
              : "the length %d is not in its shortest form",
          left);
    }
    control = opcode >= CLOSE && left > 0 ? new byte[(int) left] : NOTHING;
  }

  private void piece(ByteBuffer in) throws FrameException {
    int from = in.position();
    size = (int) Math.min(left, in.remaining());
    left -= size;
    last = fin && left == 0;
    unmask(in, size);
    if (text && !utf8.accepts(in, from, from + size, last)) {
      throw new FrameException(CloseCodes.INVALID_DATA, "a text message is not UTF-8");
    }
    if (size > 0 || last) {
      first = nothingYet;
      nothingYet = false;
    }
    inMessage = !last;
    if (left == 0) {
      begin();
    }
  }

  private void unmask(ByteBuffer in, int count) {
    if (masked) {
      Masks.apply(in, in.position(), in.position() + count, mask);
      mask = Masks.after(mask, count);
    }
  }

  /** The next frame is to come. */
  private void begin() {
    have = 0;
    need = 2;
    lengthForm = 0;
  }

  /** Whether a control frame is whole. */
  private boolean controlled(ByteBuffer in) {
    int count = (int) Math.min(left, in.remaining());
    unmask(in, count);
    in.get(control, control.length - (int) left, count);
    left -= count;
    return left == 0;
  }

  private Event event() throws FrameException {
    begin();
    if (opcode == CLOSE) {
      checkClose();
      return Event.CLOSE;
    }
    return opcode == PING ? Event.PING : Event.PONG;
  }

  /** RFC 6455, sections 5.5.1 and 7.4. */
  private void checkClose() throws FrameException {
    if (control.length == 0) {
      return;
    }
    if (control.length == 1) {
      throw breach("a Close has one byte, %d", control[0]);
    }
    if (!CloseCodes.maySend(closeCode())) {
      throw breach("a Close may not have the code %d", closeCode());
    }
    if (!new Utf8Check().accepts(ByteBuffer.wrap(control), 2, control.length, true)) {
      throw new FrameException(CloseCodes.INVALID_DATA, "the reason of a Close is not UTF-8");
    }
  }

  private static FrameException breach(String what, long value) {
    return new FrameException(CloseCodes.PROTOCOL_ERROR, String.format(what, value));
  }

  // Of the piece that was found last.

  boolean isText() {
    return text;
  }

  boolean isFirst() {
    return first;
  }

  boolean isLast() {
    return last;
  }

  int size() {
    return size;
  }

  // Of the control frame that was found last.

  /** Its payload, the caller's. */
  byte[] payload() {
    return control;
  }

  /** A Close's code, 1005 where it has none. */
  int closeCode() {
    return control.length == 0 ? CloseCodes.NONE : (control[0] & 0xff) << 8 | control[1] & 0xff;
  }

  String closeReason() {
    return control.length == 0
        ? ""
        : new String(control, 2, control.length - 2, StandardCharsets.UTF_8);
  }
}
