package org.culvert.upgrade;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Frames in bytes, written by hand, and what a decoder makes of them. */
final class Frames {
  private static final byte[] KEY = {0x37, (byte) 0xfa, 0x21, (byte) 0x3d};

  private final ByteArrayOutputStream wire = new ByteArrayOutputStream();
  private final boolean masked;

  Frames(boolean masked) {
    this.masked = masked;
  }

  Frames raw(int... octets) {
    for (int octet : octets) {
      wire.write(octet);
    }
    return this;
  }

  /** One frame, its length in the shortest form. */
  Frames frame(int first, byte[] payload) {
    wire.write(first);
    int mask = masked ? 0x80 : 0;
    if (payload.length < 126) {
      wire.write(mask | payload.length);
    } else if (payload.length < 65536) {
      raw(mask | 126, payload.length >> 8, payload.length);
    } else {
      wire.write(mask | 127);
      wire.writeBytes(ByteBuffer.allocate(8).putLong(payload.length).array());
    }
    if (masked) {
      wire.writeBytes(KEY);
    }
    for (int i = 0; i < payload.length; i++) {
      wire.write(masked ? payload[i] ^ KEY[i % 4] : payload[i]);
    }
    return this;
  }

  Frames frame(int first, String text) {
    return frame(first, text.getBytes(StandardCharsets.UTF_8));
  }

  byte[] bytes() {
    return wire.toByteArray();
  }

  /**
   * What is in it, read in parts of these sizes, the last one for all that is left: messages whole,
   * control frames, and the error that ends it.
   */
  List<String> decoded(int... sizes) {
    List<String> seen = new ArrayList<>();
    FrameDecoder decoder = new FrameDecoder(masked);
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    byte[] all = wire.toByteArray();
    int at = 0;
    for (int i = 0; at < all.length; i++) {
      int size = Math.min(sizes[Math.min(i, sizes.length - 1)], all.length - at);
      ByteBuffer in = ByteBuffer.allocateDirect(size + 14).position(14);
      in.put(all, at, size).position(14);
      at += size;
      try {
        if (!read(decoder, in, message, seen)) {
          break;
        }
      } catch (FrameException e) {
        seen.add(e.code() + " " + e.what());
        break;
      }
    }
    if (message.size() > 0) {
      seen.add("unfinished " + message.size());
    }
    return seen;
  }

  private static boolean read(
      FrameDecoder decoder, ByteBuffer in, ByteArrayOutputStream message, List<String> seen)
      throws FrameException {
    while (true) {
      switch (decoder.next(in)) {
        case NEEDS_BYTES -> {
          if (in.hasRemaining()) {
            throw new AssertionError(in.remaining() + " bytes are left");
          }
          return true;
        }
        case PIECE -> piece(decoder, in, message, seen);
        case PING -> seen.add("ping " + text(decoder.payload()));
        case PONG -> seen.add("pong " + text(decoder.payload()));
        case CLOSE -> {
          seen.add("close " + decoder.closeCode() + " " + decoder.closeReason());
          return false;
        }
      }
    }
  }

  private static void piece(
      FrameDecoder decoder, ByteBuffer in, ByteArrayOutputStream message, List<String> seen) {
    if (decoder.isFirst() != (message.size() == 0)) {
      throw new AssertionError("first, after " + message.size() + " bytes");
    }
    byte[] piece = new byte[decoder.size()];
    in.get(piece);
    message.writeBytes(piece);
    if (decoder.isLast()) {
      byte[] whole = message.toByteArray();
      seen.add((decoder.isText() ? "text " : "binary ") + text(whole));
      message.reset();
    }
  }

  private static String text(byte[] bytes) {
    if (bytes.length > 40) {
      return bytes.length + "#" + java.util.Arrays.hashCode(bytes);
    }
    String text = new String(bytes, StandardCharsets.UTF_8);
    return text.contains("\ufffd") ? Base64.getEncoder().encodeToString(bytes) : text;
  }
}
