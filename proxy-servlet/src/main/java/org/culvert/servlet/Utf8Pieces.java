package org.culvert.servlet;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Text messages between bytes and strings, where pieces may end inside of a character: what is not
 * whole is carried over to the next piece. One for each direction; not thread-safe.
 */
final class Utf8Pieces {
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);
  private final ByteBuffer carried = ByteBuffer.allocate(4).limit(0);
  private String highSurrogate = "";

  /**
   * Decodes the next piece.
   *
   * @param last whether the message ends with it
   * @throws CharacterCodingException for what is not UTF-8
   */
  String decode(ByteBuffer bytes, boolean last) throws CharacterCodingException {
    ByteBuffer in = bytes;
    if (carried.hasRemaining()) {
      in = ByteBuffer.allocate(carried.remaining() + bytes.remaining()).put(carried).put(bytes);
      in.flip();
      carried.limit(0);
    }
    CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
    decoder.reset();
    CoderResult result = decoder.decode(in, out, last);
    if (result.isError()) {
      result.throwException();
    }
    if (in.hasRemaining()) {
      carried.clear().put(in).flip();
    }
    return out.flip().toString();
  }

  /** Encodes the next piece. */
  ByteBuffer encode(String text, boolean last) {
    String whole = highSurrogate + text;
    highSurrogate = "";
    int end = whole.length();
    if (!last && end > 0 && Character.isHighSurrogate(whole.charAt(end - 1))) {
      highSurrogate = whole.substring(end - 1);
      whole = whole.substring(0, end - 1);
    }
    return StandardCharsets.UTF_8.encode(whole);
  }
}
