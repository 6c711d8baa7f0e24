package org.culvert.exchange;

import java.nio.ByteBuffer;
import org.culvert.http.FieldNames;
import org.culvert.http.HeaderField;
import org.culvert.http.HeaderFields;
import org.culvert.http.HopByHop;
import org.culvert.http.RequestHead;

/**
 * A request's head as bytes (RFC 9112, section 3): an octet for each char. What would end a line or
 * a name early is made harmless here, whoever let it through: one request in never becomes two out.
 */
final class RequestBytes {
  private static final int MOST_HEAD = 64 * 1024;

  /** The most that {@link #beginChunk} and {@link #endChunk} add to a piece. */
  static final int CHUNK_FRAME = 8;

  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private RequestBytes() {}

  /**
   * How many bytes the head has at most.
   *
   * @throws IllegalArgumentException where they are more than 64 KiB
   */
  static int length(RequestHead head, JettyOrigin origin) {
    long length = 64L + head.method().length() + head.target().length() + origin.host().length();
    for (HeaderField field : head.fields()) {
      length += 4L + field.name().length() + field.value().length();
    }
    if (length > MOST_HEAD) {
      throw new IllegalArgumentException(
          "the request's head has more than " + MOST_HEAD + " bytes");
    }
    return (int) length;
  }

  /**
   * Appends the head to a buffer with an array and room for {@link #length}.
   *
   * @param bodyLength -1 for one in chunks, 0 for none
   */
  static void head(ByteBuffer into, RequestHead head, JettyOrigin origin, long bodyLength) {
    byte[] array = into.array();
    int at = text(array, into.position(), head.method(), '!', '_');
    array[at++] = ' ';
    at = text(array, at, head.target(), '!', '_');
    array[at++] = ' ';
    at = text(array, at, head.protocol(), '!', '_');
    at = end(array, at);
    boolean host = false;
    HeaderFields fields = head.fields();
    for (HeaderField field : fields) {
      at = line(array, at, FieldNames.usual(field.name()), field.value());
      host |= field.is("Host");
    }
    if (!host) {
      at = line(array, at, "Host", origin.host());
    }
    if (bodyLength < 0) {
      at = line(array, at, "Transfer-Encoding", "chunked");
    }
    into.position(end(array, at));
  }

  private static int line(byte[] array, int from, String name, String value) {
    int at = text(array, from, name, '!', '?');
    array[at++] = ':';
    array[at++] = ' ';
    at = text(array, at, value, ' ', ' ');
    return end(array, at);
  }

  /** A char that is less than the least, but for a tab in a value, becomes another. */
  @SuppressWarnings("deprecation") // The method that takes the low byte of each char, which is it.
  private static int text(byte[] array, int from, String text, char least, char instead) {
    int to = from + text.length();
    text.getBytes(0, text.length(), array, from);
    for (int i = from; i < to; i++) {
      byte b = array[i];
      if (b >= 0 && (b < least || b == 0x7f) && (b != '\t' || least != ' ')) {
        array[i] = (byte) instead;
      }
    }
    return to;
  }

  private static int end(byte[] array, int from) {
    array[from] = '\r';
    array[from + 1] = '\n';
    return from + 2;
  }

  /** Makes a chunk of what will be written from here on: leaves room for its size. */
  static void beginChunk(ByteBuffer buffer) {
    buffer.position(buffer.position() + 6);
  }

  /**
   * Writes the size and the end of a chunk of less than 64 KiB around what was written.
   *
   * @param begun where the buffer was before {@link #beginChunk}
   */
  static void endChunk(ByteBuffer buffer, int begun) {
    int size = buffer.position() - begun - 6;
    for (int digit = 0; digit < 4; digit++) {
      buffer.put(begun + digit, HEX[size >> (12 - 4 * digit) & 15]);
    }
    buffer.put(begun + 4, (byte) '\r').put(begun + 5, (byte) '\n');
    buffer.put((byte) '\r').put((byte) '\n');
  }

  /** The bytes that end a body of chunks. */
  static ByteBuffer lastChunk(HeaderFields trailers) {
    // Who merges trailers into the head's fields must not be told what the head may not say.
    HeaderFields kept = new HeaderFields(trailers);
    kept.removeIf(
        field ->
            !FieldNames.isUsual(field.name(), false)
                || HopByHop.isHopByHop(field.name())
                || field.is("Content-Length")
                || field.is("Host"));
    int length = 8;
    for (HeaderField field : kept) {
      length += 4 + field.name().length() + field.value().length();
    }
    ByteBuffer bytes = ByteBuffer.allocate(length);
    bytes.put((byte) '0').put((byte) '\r').put((byte) '\n');
    int at = bytes.position();
    for (HeaderField field : kept) {
      at = line(bytes.array(), at, field.name(), field.value());
    }
    bytes.position(end(bytes.array(), at));
    return bytes.flip();
  }
}
