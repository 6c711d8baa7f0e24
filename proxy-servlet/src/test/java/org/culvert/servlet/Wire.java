package org.culvert.servlet;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;

/** WebSocket in bytes, for either side: nothing is done that a test does not ask for. */
public final class Wire {
  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;

  /** One frame as it came. */
  public record Frame(int opcode, boolean fin, byte[] payload) {
    String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }

    /** The status code of a Close, 1005 where there is none. */
    int code() {
      return payload.length < 2 ? 1005 : ((payload[0] & 255) << 8) | (payload[1] & 255);
    }

    String reason() {
      return new String(
          payload,
          Math.min(2, payload.length),
          Math.max(0, payload.length - 2),
          StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
      return opcode
          + (fin ? "!" : "+")
          + payload.length
          + (opcode == CLOSE ? " code " + code() : "");
    }
  }

  private final DataInputStream in;
  private final OutputStream out;
  private final boolean masking;

  Wire(InputStream in, OutputStream out, boolean masking) {
    this.in = new DataInputStream(in);
    this.out = out;
    this.masking = masking;
  }

  static byte[] frame(int opcode, boolean fin, byte[] payload, boolean masking) {
    ByteBuffer bytes = ByteBuffer.allocate(14 + payload.length);
    bytes.put((byte) (opcode | (fin ? 0x80 : 0)));
    int mask = masking ? 0x80 : 0;
    if (payload.length < 126) {
      bytes.put((byte) (payload.length | mask));
    } else if (payload.length < 65536) {
      bytes.put((byte) (126 | mask)).putShort((short) payload.length);
    } else {
      bytes.put((byte) (127 | mask)).putLong(payload.length);
    }
    if (masking) {
      byte[] key = {1, 2, 3, 4};
      bytes.put(key);
      for (int i = 0; i < payload.length; i++) {
        bytes.put((byte) (payload[i] ^ key[i & 3]));
      }
    } else {
      bytes.put(payload);
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  Wire send(int opcode, boolean fin, byte[] payload) throws IOException {
    out.write(frame(opcode, fin, payload, masking));
    out.flush();
    return this;
  }

  Wire text(String text) throws IOException {
    return send(TEXT, true, text.getBytes(StandardCharsets.UTF_8));
  }

  Wire close(int code, String reason) throws IOException {
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    ByteBuffer payload = ByteBuffer.allocate(2 + text.length);
    return send(CLOSE, true, payload.putShort((short) code).put(text).array());
  }

  Frame read() throws IOException {
    int head = in.readUnsignedByte();
    int second = in.readUnsignedByte();
    long length = second & 127;
    if (length == 126) {
      length = in.readUnsignedShort();
    } else if (length == 127) {
      length = in.readLong();
    }
    byte[] mask = new byte[4];
    if ((second & 128) != 0) {
      in.readFully(mask);
    }
    byte[] payload = new byte[(int) length];
    in.readFully(payload);
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= mask[i & 3];
    }
    return new Frame(head & 15, (head & 128) != 0, payload);
  }

  /** Reads data frames up to the end of a message, and answers pings on the way. */
  Frame message() throws IOException {
    java.io.ByteArrayOutputStream whole = new java.io.ByteArrayOutputStream();
    int opcode = -1;
    while (true) {
      Frame frame = read();
      if (frame.opcode() == PING) {
        send(PONG, true, frame.payload());
        continue;
      }
      if (frame.opcode() >= CLOSE) {
        if (frame.opcode() == PONG) {
          continue;
        }
        return frame;
      }
      if (opcode < 0 ? frame.opcode() == CONTINUATION : frame.opcode() != CONTINUATION) {
        throw new IOException("fragments out of order: " + frame);
      }
      opcode = opcode < 0 ? frame.opcode() : opcode;
      whole.write(frame.payload());
      if (frame.fin()) {
        return new Frame(opcode, true, whole.toByteArray());
      }
    }
  }

  /** Whether the connection ends, now, without another byte. */
  boolean ended() throws IOException {
    try {
      in.readUnsignedByte();
      return false;
    } catch (EOFException | java.net.SocketException e) {
      return true;
    }
  }

  static String accept(String head) {
    try {
      String key = field(head, "Sec-WebSocket-Key");
      return Base64.getEncoder()
          .encodeToString(
              MessageDigest.getInstance("SHA-1")
                  .digest(
                      (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                          .getBytes(StandardCharsets.US_ASCII)));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static String field(String head, String name) {
    for (String line : head.split("\r\n")) {
      if (line.regionMatches(true, 0, name + ":", 0, name.length() + 1)) {
        return line.substring(name.length() + 1).strip();
      }
    }
    return "";
  }

  /** A backend's answer to a handshake, with more fields. */
  static String switching(String head, String... fields) {
    StringBuilder answer =
        new StringBuilder("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n")
            .append("Connection: Upgrade\r\nSec-WebSocket-Accept: ")
            .append(accept(head))
            .append("\r\n");
    for (String field : fields) {
      answer.append(field).append("\r\n");
    }
    return answer.append("\r\n").toString();
  }

  /** A backend's script: accept, then go on in frames. */
  static TestOrigin.Script backend(Talk script) {
    return talk -> {
      String head = talk.head();
      if (head.isEmpty()) {
        return;
      }
      talk.send(switching(head));
      script.run(new Wire(talk.in, talk.out, false), talk);
    };
  }

  /** What a backend does once it has accepted. */
  interface Talk {
    void run(Wire wire, TestOrigin.Talk talk) throws Exception;
  }

  /** Sends back every frame but pings, which it answers, and echoes the Close. */
  static Talk echo() {
    return (wire, talk) -> {
      while (true) {
        Frame frame = wire.read();
        if (frame.opcode() == PING) {
          wire.send(PONG, true, frame.payload());
        } else if (frame.opcode() != PONG) {
          wire.send(frame.opcode(), frame.fin(), frame.payload());
        }
        if (frame.opcode() == CLOSE) {
          return;
        }
      }
    };
  }
}
