package org.culvert.exchange;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeadChecks;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.jspecify.annotations.Nullable;

/**
 * Reads answers of HTTP/1.x (RFC 9112), cut into buffers anywhere. Takes each byte once and copies
 * only a line that is not whole yet; pieces of a body stay where they are. A head may have as many
 * bytes as its location allows; trailers, and all interim heads before it, {@link #MOST_HEAD}
 * bytes. Strict where two readers could differ: a name is a token, no line is folded, a value has
 * no control characters, and no coding but {@code chunked} is known. Confined to its connection.
 */
final class AnswerParser {
  /** What was found. */
  enum Found {
    /** Nothing: all bytes are taken and more are needed. */
    MORE,
    /** The final head, or that of a 101: see {@link #head}. */
    HEAD,
    /** A piece of the body: see {@link #start} and {@link #length}. */
    PIECE,
    /** The answer is whole; what is left of the buffer does not belong to it. */
    END
  }

  private enum State {
    STATUS,
    FIELDS,
    SIZED,
    UNTIL_CLOSE,
    CHUNK_SIZE,
    CHUNK,
    CHUNK_END,
    TRAILERS,
    OVER
  }

  static final int MOST_HEAD = 32 * 1024;
  private static final int MOST_CHUNK_LINE = 4 * 1024;
  private static final byte[] LAST_CHUNK = {'\r', '\n', '0', '\r', '\n', '\r', '\n'};
  private static final byte[] NOTHING = {};
  private static final boolean[] TOKEN = new boolean[256];

  static {
    for (char c : "!#$%&'*+-.^_`|~0123456789".toCharArray()) {
      TOKEN[c] = true;
    }
    for (char c = 'a'; c <= 'z'; c++) {
      TOKEN[c] = true;
      TOKEN[c - 'a' + 'A'] = true;
    }
  }

  private State state = State.OVER;
  private boolean bodiless;
  private int headSize;
  private int headBytes;
  private int interimBytes;

  private byte[] partial = NOTHING;
  private int partialLength;
  private byte[] line = NOTHING;
  private int lineStart;
  private int lineEnd;
  private boolean lineHadReturn;

  private int minor;
  private int status;
  private @Nullable String reason;
  private HeaderFields fields = new HeaderFields();
  private HeaderFields trailers = new HeaderFields();
  private boolean persistent;
  private long left;
  private int start;
  private int length;

  /**
   * Begins with the next answer.
   *
   * @param toHead whether it answers a HEAD, and so has no body whatever its head says
   * @param mostHead how many bytes its head may have
   */
  void begin(boolean toHead, int mostHead) {
    state = State.STATUS;
    bodiless = toHead;
    headSize = mostHead;
    headBytes = 0;
    interimBytes = 0;
    partialLength = 0;
    fields = new HeaderFields();
    trailers = new HeaderFields();
    persistent = false;
  }

  /**
   * Goes on in the buffer, which has an array, and takes from it what belongs to what is found.
   *
   * @throws GatewayFailure INVALID_RESPONSE for what is no answer of HTTP
   */
  Found next(ByteBuffer in) throws GatewayFailure {
    while (true) {
      switch (state) {
        case STATUS -> {
          if (!headLine(in)) {
            return Found.MORE;
          }
          statusLine();
          state = State.FIELDS;
        }
        case FIELDS -> {
          if (!headLine(in)) {
            return Found.MORE;
          }
          if (lineEnd > lineStart) {
            field(fields);
          } else if (status < 200 && status != 101) {
            fields = new HeaderFields();
            interimBytes += headBytes;
            headBytes = 0;
            state = State.STATUS;
          } else {
            frame();
            headBytes = 0;
            return Found.HEAD;
          }
        }
        case SIZED, CHUNK, UNTIL_CLOSE -> {
          if (left == 0) {
            state = state == State.CHUNK ? State.CHUNK_END : State.OVER;
          } else {
            return in.hasRemaining() ? piece(in) : Found.MORE;
          }
        }
        case CHUNK_SIZE, CHUNK_END -> {
          if (!chunkLine(in)) {
            return Found.MORE;
          }
        }
        case TRAILERS -> {
          if (!headLine(in)) {
            return Found.MORE;
          }
          if (lineEnd > lineStart) {
            field(trailers);
          } else {
            state = State.OVER;
          }
        }
        case OVER -> {
          return Found.END;
        }
      }
    }
  }

  /**
   * The peer has closed.
   *
   * @throws GatewayFailure BROKEN where the answer is not whole
   */
  void close() throws GatewayFailure {
    if (state == State.UNTIL_CLOSE) {
      state = State.OVER;
    } else if (state != State.OVER) {
      throw new GatewayFailure(
          GatewayFailure.Kind.BROKEN, "upstream prematurely closed connection " + reading());
    }
  }

  /** The head that was found; its fields are the caller's. */
  ResponseHead head() {
    return new ResponseHead(status, reason, fields);
  }

  /** Holds no buffer from now on, until the next answer. */
  void rest() {
    line = NOTHING;
    partial = NOTHING;
  }

  /** Where the piece that was found begins in the buffer. */
  int start() {
    return start;
  }

  /** How many bytes the piece has. */
  int length() {
    return length;
  }

  /** Whether the answer is whole. */
  boolean isOver() {
    return state == State.OVER;
  }

  /** Whether the peer would take another request on the connection, once the answer is whole. */
  boolean isPersistent() {
    return persistent;
  }

  /** The trailers, once the answer is whole. */
  HeaderFields trailers() {
    return trailers;
  }

  private Found piece(ByteBuffer in) {
    start = in.position();
    length = (int) Math.min(left, in.remaining());
    in.position(start + length);
    if (state != State.UNTIL_CLOSE) {
      left -= length;
      if (left == 0) {
        state = state == State.CHUNK ? State.CHUNK_END : State.OVER;
        skipLastChunk(in);
      }
    }
    return Found.PIECE;
  }

  /** So that a piece is known to be the last where the buffer says so already. */
  private void skipLastChunk(ByteBuffer in) {
    int at = in.arrayOffset() + in.position();
    if (state == State.CHUNK_END
        && in.remaining() >= LAST_CHUNK.length
        && Arrays.equals(
            in.array(), at, at + LAST_CHUNK.length, LAST_CHUNK, 0, LAST_CHUNK.length)) {
      in.position(in.position() + LAST_CHUNK.length);
      state = State.OVER;
    }
  }

  private boolean headLine(ByteBuffer in) throws GatewayFailure {
    int before = in.position();
    int most = state == State.TRAILERS ? MOST_HEAD : headSize;
    boolean whole = line(in, Integer.MAX_VALUE);
    headBytes += in.position() - before;
    if (headBytes > most || interimBytes > MOST_HEAD) {
      throw invalid("too big header");
    }
    return whole;
  }

  /** Takes a line, or the part of it that is here; its end is LF or CR LF (section 2.2). */
  private boolean line(ByteBuffer in, int most) throws GatewayFailure {
    byte[] array = in.array();
    int from = in.arrayOffset() + in.position();
    int to = in.arrayOffset() + in.limit();
    int at = from;
    while (at < to && array[at] != '\n') {
      at++;
    }
    boolean whole = at < to;
    in.position((whole ? at + 1 : at) - in.arrayOffset());
    if (whole && partialLength == 0) {
      line = array;
      lineStart = from;
      lineEnd = at;
    } else {
      keep(array, from, at - from, most);
      line = partial;
      lineStart = 0;
      lineEnd = partialLength;
      partialLength = whole ? 0 : partialLength;
    }
    lineHadReturn = lineEnd > lineStart && line[lineEnd - 1] == '\r';
    if (lineHadReturn) {
      lineEnd--;
    }
    return whole;
  }

  private void keep(byte[] array, int from, int count, int most) throws GatewayFailure {
    if (partialLength + count > most) {
      throw invalid("too long a line: more than " + most + " bytes");
    }
    if (partialLength + count > partial.length) {
      partial = Arrays.copyOf(partial, Math.max(2 * partial.length, partialLength + count));
    }
    System.arraycopy(array, from, partial, partialLength, count);
    partialLength += count;
  }

  /** {@code HTTP/1.1 200 OK}; the reason and the space before it may be missing. */
  private void statusLine() throws GatewayFailure {
    int at = lineStart;
    boolean wellFormed =
        lineEnd - at >= 12
            && line[at] == 'H'
            && line[at + 1] == 'T'
            && line[at + 2] == 'T'
            && line[at + 3] == 'P'
            && line[at + 4] == '/'
            && line[at + 5] == '1'
            && line[at + 6] == '.'
            && isDigit(line[at + 7])
            && line[at + 8] == ' '
            && (lineEnd - at == 12 || line[at + 12] == ' ');
    status = 0;
    for (int i = at + 9; wellFormed && i < at + 12; i++) {
      wellFormed = isDigit(line[i]);
      status = status * 10 + line[i] - '0';
    }
    if (!wellFormed || status < 100) {
      throw invalid("no valid HTTP/1.0 header");
    }
    minor = line[at + 7] - '0';
    int from = Math.min(at + 13, lineEnd);
    checkValue(from, lineEnd);
    reason = from == lineEnd ? null : text(from, lineEnd);
  }

  private void field(HeaderFields into) throws GatewayFailure {
    int colon = lineStart;
    while (colon < lineEnd && TOKEN[line[colon] & 0xff]) {
      colon++;
    }
    if (colon == lineStart || colon == lineEnd || line[colon] != ':') {
      throw invalid(
          "invalid header: \"" + text(lineStart, Math.min(lineEnd, lineStart + 80)) + '"');
    }
    int from = colon + 1;
    int to = lineEnd;
    while (from < to && isSpace(line[from])) {
      from++;
    }
    while (to > from && isSpace(line[to - 1])) {
      to--;
    }
    checkValue(from, to);
    into.add(text(lineStart, colon), text(from, to));
  }

  private void checkValue(int from, int to) throws GatewayFailure {
    for (int i = from; i < to; i++) {
      byte b = line[i];
      if ((b >= 0 && b < ' ' && b != '\t') || b == 0x7f) {
        throw invalid("invalid header: a control character (" + b + ")");
      }
    }
  }

  /** Where the body ends (section 6.3), and whether the connection goes on (section 9.3). */
  private void frame() throws GatewayFailure {
    String ambiguous = HeadChecks.ambiguity(fields);
    if (ambiguous != null) {
      throw invalid(ambiguous);
    }
    boolean coded = fields.contains("Transfer-Encoding");
    String declared = fields.first("Content-Length");
    boolean says = minor > 0 || fields.hasToken("Connection", "keep-alive");
    persistent = says && !fields.hasToken("Connection", "close");
    left = 0;
    if (bodiless || status == 204 || status == 304 || status == 101) {
      // A 204 may say neither (RFC 9110, section 8.6): who does may send a body behind it.
      persistent &= status != 204 || (!coded && (declared == null || declared.equals("0")));
      state = State.OVER;
    } else if (coded) {
      String coding = fields.joined("Transfer-Encoding");
      if (!"chunked".equalsIgnoreCase(coding)) {
        throw invalid("unknown \"Transfer-Encoding\": \"" + coding + '"');
      }
      persistent &= minor > 0; // HTTP/1.0 has no chunks (section 6.1).
      state = State.CHUNK_SIZE;
    } else if (declared != null) {
      left = Long.parseLong(declared);
      state = left == 0 ? State.OVER : State.SIZED;
    } else {
      persistent = false;
      left = Long.MAX_VALUE;
      state = State.UNTIL_CLOSE;
    }
  }

  /** A chunk's size with its extensions, which nobody reads, or the end of its line. */
  private boolean chunkLine(ByteBuffer in) throws GatewayFailure {
    if (!line(in, MOST_CHUNK_LINE)) {
      return false;
    }
    if (!lineHadReturn || lineEnd - lineStart > MOST_CHUNK_LINE) {
      throw invalid("invalid chunked response");
    }
    if (state == State.CHUNK_END) {
      if (lineEnd > lineStart) {
        throw invalid("invalid chunked response");
      }
      state = State.CHUNK_SIZE;
      return true;
    }
    int at = lineStart;
    long size = 0;
    while (at < lineEnd && Character.digit(line[at], 16) >= 0) {
      if (size >> 55 != 0) {
        throw invalid("invalid chunked response");
      }
      size = size * 16 + Character.digit(line[at++], 16);
    }
    int digits = at - lineStart;
    while (at < lineEnd && isSpace(line[at])) {
      at++;
    }
    if (digits == 0 || (at < lineEnd && line[at] != ';')) {
      throw invalid("invalid chunked response");
    }
    left = size;
    state = size == 0 ? State.TRAILERS : State.CHUNK;
    return true;
  }

  private String text(int from, int to) {
    return new String(line, from, to - from, StandardCharsets.ISO_8859_1);
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\t';
  }

  private GatewayFailure invalid(String what) {
    return new GatewayFailure(
        GatewayFailure.Kind.INVALID_RESPONSE, "upstream sent " + what + " " + reading());
  }

  /** What nginx's log says that it was doing. */
  private String reading() {
    return state == State.STATUS || state == State.FIELDS
        ? "while reading response header from upstream"
        : "while reading upstream";
  }
}
