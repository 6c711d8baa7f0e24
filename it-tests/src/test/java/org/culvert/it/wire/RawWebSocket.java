package org.culvert.it.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.concurrent.ThreadLocalRandom;

/** One end of an open WebSocket, in frames. A client's end masks what it sends. */
public final class RawWebSocket implements AutoCloseable {
  /** A key that every test may use; its right accept value is {@link #ACCEPT}. */
  public static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  /** The accept value for {@link #KEY}, as RFC 6455, section 1.3 has it. */
  public static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

  private final Wire wire;
  private final boolean client;
  private final Head head;

  /**
   * An open WebSocket.
   *
   * @param wire the connection
   * @param client whether this end masks
   * @param head the other side's half of the handshake
   */
  public RawWebSocket(Wire wire, boolean client, Head head) {
    this.wire = wire;
    this.client = client;
    this.head = head;
  }

  /** The lines that every offer has. */
  public static String[] offer(String... more) {
    String[] offer = {
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: " + KEY
    };
    String[] all = new String[offer.length + more.length];
    System.arraycopy(offer, 0, all, 0, offer.length);
    System.arraycopy(more, 0, all, offer.length, more.length);
    return all;
  }

  /** Opens one through a loopback port, or fails with the answer if it was refused. */
  public static RawWebSocket open(int port, String path, String... fields) throws IOException {
    Wire wire = new Wire(new Socket(InetAddress.getLoopbackAddress(), port));
    try {
      StringBuilder request =
          new StringBuilder("GET ").append(path).append(" HTTP/1.1\r\nHost: client.test\r\n");
      for (String field : offer(fields)) {
        request.append(field).append("\r\n");
      }
      wire.send(request.append("\r\n").toString());
      Head head = wire.readHead();
      if (head.status() != 101) {
        throw new IOException(
            "refused: " + head + new String(wire.readBody(head), StandardCharsets.UTF_8));
      }
      if (!ACCEPT.equals(head.first("Sec-WebSocket-Accept"))) {
        throw new IOException("wrong accept: " + head);
      }
      return new RawWebSocket(wire, true, head);
    } catch (IOException | RuntimeException e) {
      wire.close();
      throw e;
    }
  }

  /** The accept value for a key (RFC 6455, section 4.2.2). */
  public static String accept(String key) {
    try {
      return Base64.getEncoder()
          .encodeToString(
              MessageDigest.getInstance("SHA-1")
                  .digest(
                      (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                          .getBytes(StandardCharsets.ISO_8859_1)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The other side's half of the handshake. */
  public Head head() {
    return head;
  }

  /** The connection below. */
  public Wire wire() {
    return wire;
  }

  /** Sends frames in one write. */
  public RawWebSocket send(Frame... frames) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Frame frame : frames) {
      bytes.writeBytes(encode(frame));
    }
    wire.send(bytes.toByteArray());
    return this;
  }

  /** The bytes of a frame as this end would send it. */
  public byte[] encode(Frame frame) {
    int length = frame.payload().length;
    ByteBuffer bytes = ByteBuffer.allocate(length + 14);
    bytes.put((byte) ((frame.fin() ? 0x80 : 0) | frame.rsv() << 4 | frame.opcode()));
    int mask = client ? 0x80 : 0;
    if (length < 126) {
      bytes.put((byte) (mask | length));
    } else if (length < 65536) {
      bytes.put((byte) (mask | 126)).putShort((short) length);
    } else {
      bytes.put((byte) (mask | 127)).putLong(length);
    }
    if (client) {
      int key = ThreadLocalRandom.current().nextInt();
      bytes.putInt(key);
      for (int i = 0; i < length; i++) {
        bytes.put((byte) (frame.payload()[i] ^ key >>> 24 - 8 * (i & 3)));
      }
    } else {
      bytes.put(frame.payload());
    }
    byte[] encoded = new byte[bytes.position()];
    bytes.flip().get(encoded);
    return encoded;
  }

  /** Reads a frame; that it is masked as its sender must is checked. */
  public Frame read() throws IOException {
    return read(wire.readBytes(1)[0] & 0xFF);
  }

  private Frame read(int first) throws IOException {
    int second = wire.readBytes(1)[0] & 0xFF;
    long length = second & 0x7F;
    if (length == 126) {
      length = ByteBuffer.wrap(wire.readBytes(2)).getShort() & 0xFFFF;
    } else if (length == 127) {
      length = ByteBuffer.wrap(wire.readBytes(8)).getLong();
    }
    boolean masked = (second & 0x80) != 0;
    if (masked == client) {
      throw new IOException(masked ? "a masked frame from a server" : "an unmasked frame");
    }
    byte[] key = masked ? wire.readBytes(4) : new byte[4];
    byte[] payload = wire.readBytes(Math.toIntExact(length));
    if (masked) {
      for (int i = 0; i < payload.length; i++) {
        payload[i] ^= key[i & 3];
      }
    }
    return new Frame((first & 0x80) != 0, first >> 4 & 7, first & 0xF, payload);
  }

  /** Reads a frame, or null if the connection ended (in whatever way) before it. */
  public Frame readOrEnd() throws IOException {
    int first;
    try {
      first = wire.read();
    } catch (java.net.SocketTimeoutException e) {
      throw e;
    } catch (java.net.SocketException e) {
      return null;
    }
    return first < 0 ? null : read(first);
  }

  /** Reads a frame that is no ping; pings are answered. */
  public Frame readData() throws IOException {
    for (; ; ) {
      Frame frame = read();
      if (frame.opcode() == Frame.PING) {
        send(Frame.pong(frame.payload()));
      } else if (frame.opcode() != Frame.PONG) {
        return frame;
      }
    }
  }

  /** Reads one message, of however many frames, put together. */
  public Frame readMessage() throws IOException {
    Frame first = readData();
    if (first.fin()) {
      return first;
    }
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    Frame piece = first;
    payload.writeBytes(piece.payload());
    while (!piece.fin()) {
      piece = readData();
      if (piece.opcode() != Frame.CONTINUATION) {
        throw new IOException("within a message: " + piece);
      }
      payload.writeBytes(piece.payload());
    }
    return new Frame(true, first.rsv(), first.opcode(), payload.toByteArray());
  }

  /** Closes in order: Close out, Close in, and the server ends the connection. */
  public void shut() throws IOException {
    send(Frame.close(1000, ""));
    Frame frame = readData();
    if (frame.opcode() != Frame.CLOSE) {
      throw new IOException("a Close was expected, not " + frame);
    }
  }

  /** Says RST. */
  public void reset() throws IOException {
    wire.reset();
  }

  @Override
  public void close() throws IOException {
    wire.close();
  }
}
