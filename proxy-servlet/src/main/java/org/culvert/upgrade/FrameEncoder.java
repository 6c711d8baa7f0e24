package org.culvert.upgrade;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Makes the frames that go to one peer of a WebSocket (RFC 6455, section 5), header and payload in
 * one buffer, masked where we are the client. Thread-safe.
 */
final class FrameEncoder {
  /** The longest header: two bytes, eight of length, four of mask. */
  static final int LONGEST_HEADER = 14;

  private static final int LONGEST_REASON = 123;

  private final boolean masking;

  /**
   * An encoder.
   *
   * @param masking whether the peer is a server
   */
  FrameEncoder(boolean masking) {
    this.masking = masking;
  }

  /** How many bytes come before a payload of that size. */
  int headerSize(int payload) {
    return (payload < 126 ? 2 : payload <= 0xffff ? 4 : 10) + (masking ? 4 : 0);
  }

  /**
   * Makes a frame of the payload between a buffer's position and limit: masks it in place, and puts
   * the header before it, where {@link #headerSize} bytes are nobody's any more. The buffer is the
   * frame then.
   */
  void enclose(ByteBuffer payload, int opcode, boolean fin) {
    int from = payload.position();
    int to = payload.limit();
    int size = to - from;
    int at = from - headerSize(size);
    payload.position(at);
    payload.put((byte) (opcode | (fin ? 0x80 : 0)));
    int masked = masking ? 0x80 : 0;
    if (size < 126) {
      payload.put((byte) (size | masked));
    } else if (size <= 0xffff) {
      payload.put((byte) (126 | masked)).putShort((short) size);
    } else {
      payload.put((byte) (127 | masked)).putLong(size);
    }
    if (masking) {
      int key = Masks.next();
      payload.putInt(key);
      Masks.apply(payload, from, to, key);
    }
    payload.position(at);
  }

  /** A control frame. */
  ByteBuffer control(int opcode, byte[] payload) {
    int header = headerSize(payload.length);
    ByteBuffer frame = ByteBuffer.allocate(header + payload.length);
    frame.position(header).put(payload).position(header);
    enclose(frame, opcode, true);
    return frame;
  }

  /**
   * The payload of a Close.
   *
   * @param code 1005 for none
   * @param reason cut where it is too long for a control frame
   */
  static byte[] close(int code, String reason) {
    if (code == CloseCodes.NONE) {
      return new byte[0];
    }
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(text.length, LONGEST_REASON);
    while (length < text.length && (text[length] & 0xc0) == 0x80) {
      length--; // Not inside of a character.
    }
    return ByteBuffer.allocate(2 + length).putShort((short) code).put(text, 0, length).array();
  }
}
