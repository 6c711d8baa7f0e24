package org.culvert.it.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A WebSocket frame (RFC 6455, section 5.2), unmasked.
 *
 * @param fin whether it ends its message
 * @param rsv the three reserved bits, 4 for RSV1
 * @param opcode what it is
 * @param payload its payload
 */
public record Frame(boolean fin, int rsv, int opcode, byte[] payload) {
  public static final int CONTINUATION = 0;
  public static final int TEXT = 1;
  public static final int BINARY = 2;
  public static final int CLOSE = 8;
  public static final int PING = 9;
  public static final int PONG = 10;

  /** A whole text message. */
  public static Frame text(String text) {
    return new Frame(true, 0, TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  /** A whole binary message. */
  public static Frame binary(byte[] bytes) {
    return new Frame(true, 0, BINARY, bytes);
  }

  /** A ping. */
  public static Frame ping(String text) {
    return new Frame(true, 0, PING, text.getBytes(StandardCharsets.UTF_8));
  }

  /** A pong. */
  public static Frame pong(byte[] payload) {
    return new Frame(true, 0, PONG, payload);
  }

  /** A Close with a code and a reason. */
  public static Frame close(int code, String reason) {
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    return new Frame(
        true,
        0,
        CLOSE,
        ByteBuffer.allocate(2 + text.length).putShort((short) code).put(text).array());
  }

  /** A Close without a code. */
  public static Frame close() {
    return new Frame(true, 0, CLOSE, new byte[0]);
  }

  /** The code of a Close, 1005 if it has none. */
  public int closeCode() {
    return payload.length < 2 ? 1005 : ByteBuffer.wrap(payload).getShort() & 0xFFFF;
  }

  /** The reason of a Close. */
  public String closeReason() {
    return payload.length < 2
        ? ""
        : new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
  }

  /** The payload as text. */
  public String text() {
    return new String(payload, StandardCharsets.UTF_8);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Frame frame
        && fin == frame.fin
        && rsv == frame.rsv
        && opcode == frame.opcode
        && Arrays.equals(payload, frame.payload);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(payload) * 31 + opcode;
  }

  @Override
  public String toString() {
    String shown =
        opcode == CLOSE
            ? closeCode() + " " + closeReason()
            : payload.length > 80 ? payload.length + " bytes" : text();
    return "Frame[" + (fin ? "fin " : "") + "rsv=" + rsv + " op=" + opcode + " " + shown + "]";
  }
}
