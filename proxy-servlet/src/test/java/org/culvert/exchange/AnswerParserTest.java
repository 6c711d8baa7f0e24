package org.culvert.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.culvert.http.GatewayFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers in bytes, cut anywhere. "|" stands for the end of a line. */
final class AnswerParserTest {
  private static final int MOST_HEAD = 4096;

  private static byte[] bytes(String text) {
    return text.replace("|", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
  }

  /** What a reader makes of bytes that come in parts, and whether the peer closes behind them. */
  private static String read(boolean toHead, boolean close, byte[]... parts) throws GatewayFailure {
    AnswerParser parser = new AnswerParser();
    parser.begin(toHead, MOST_HEAD);
    StringBuilder seen = new StringBuilder();
    int left = 0;
    for (byte[] part : parts) {
      ByteBuffer in = ByteBuffer.wrap(part);
      take(parser, in, seen);
      left += in.remaining();
    }
    if (close) {
      parser.close();
    }
    return seen
        + (parser.isOver() ? " over" : " open")
        + (parser.isPersistent() ? " kept" : "")
        + (parser.trailers().size() > 0 ? " " + parser.trailers() : "")
        + (left > 0 ? " left " + left : "");
  }

  private static void take(AnswerParser parser, ByteBuffer in, StringBuilder seen)
      throws GatewayFailure {
    while (true) {
      switch (parser.next(in)) {
        case HEAD -> seen.append(parser.head()).append(' ');
        case PIECE ->
            seen.append(
                new String(
                    in.array(), parser.start(), parser.length(), StandardCharsets.ISO_8859_1));
        default -> {
          return;
        }
      }
    }
  }

  private static GatewayFailure refused(String text) {
    return catchThrowableOfType(GatewayFailure.class, () -> read(false, false, bytes(text)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 204 None|Content-Length: 5||",
        "HTTP/1.1 204 None|Transfer-Encoding: chunked||",
      })
  void aPeerThatAnnouncesABodyWhereThereIsNoneIsNotKept(String text) throws Exception {
    assertThat(read(false, false, bytes(text))).endsWith(" over");
    assertThat(read(false, false, bytes("HTTP/1.1 204 None||"))).endsWith(" over kept");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK|Content-Length: 5|A: b|a:  c \t|Empty:||hello",
        "HTTP/1.1 200|Content-Length: 0||",
        "HTTP/1.0 404 Not Found|Connection: keep-alive|Content-Length: 2||no",
        "HTTP/1.1 200 OK|Connection: x, Close|Content-Length: 2||no",
        "HTTP/1.1 204 None||",
        "HTTP/1.1 304 Same|Content-Length: 7||",
        "HTTP/1.1 100 Continue||HTTP/1.1 103 Hints|Link: x||HTTP/1.1 200 OK|Content-Length: 1||x",
        "HTTP/1.1 200 OK|Transfer-Encoding: Chunked||5;ext=\"1\"|hello|00A |0123456789|0|X: y|Z:||",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1|a|1|b|0||",
        "HTTP/1.1 200 OK\nContent-Length: 1\n\nx",
        "HTTP/1.1 200 OK||until the end",
        "HTTP/1.1 200 OK|Content-Length: 1||xbytes that nobody asked for",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||0||HTTP/1.1 200 OK||",
      })
  void meansTheSameWhereverItIsCut(String text) throws Exception {
    byte[] all = bytes(text);
    String whole = read(false, false, all);
    assertThat(whole).contains("ResponseHead");
    byte[][] single = new byte[all.length][];
    for (int at = 0; at < all.length; at++) {
      single[at] = new byte[] {all[at]};
      byte[] before = java.util.Arrays.copyOfRange(all, 0, at);
      byte[] after = java.util.Arrays.copyOfRange(all, at, all.length);
      assertThat(read(false, false, before, after)).as("cut at " + at).isEqualTo(whole);
    }
    assertThat(read(false, false, single)).as("byte for byte").isEqualTo(whole);
  }

  @Test
  void saysWhereAnAnswerEndsAndWhetherTheConnectionGoesOn() throws Exception {
    assertThat(read(false, false, bytes("HTTP/1.1 200 OK|Content-Length: 2||ab")))
        .endsWith("ab over kept");
    assertThat(read(true, false, bytes("HTTP/1.1 200 OK|Content-Length: 2||")))
        .endsWith(" over kept");
    assertThat(read(false, false, bytes("HTTP/1.1 200 OK|Content-Length: 2||abc")))
        .endsWith("ab over kept left 1");
    assertThat(read(false, false, bytes("HTTP/1.0 200 OK|Content-Length: 2||ab")))
        .endsWith("ab over");
    assertThat(read(false, false, bytes("HTTP/1.1 200 OK||ab"))).endsWith("ab open");
    assertThat(read(false, true, bytes("HTTP/1.1 200 OK||ab"))).endsWith("ab over");
    assertThat(
            read(
                false,
                false,
                bytes("HTTP/1.0 200 OK|Connection: keep-alive|Transfer-Encoding: chunked||0||")))
        .as("HTTP/1.0 has no chunks")
        .endsWith(" over");
    assertThat(
            read(false, false, bytes("HTTP/1.1 200 OK|Transfer-Encoding: chunked||1|a|0|T: u||")))
        .contains("a over kept")
        .contains("name=T, value=u");
    assertThat(read(false, false, bytes("HTTP/1.1 101 Up|Upgrade: x||bytes of x")))
        .endsWith(" over kept left 10");
  }

  @Test
  void aPieceIsTheLastWhereTheBufferSaysSo() throws Exception {
    AnswerParser parser = new AnswerParser();
    parser.begin(false, MOST_HEAD);
    ByteBuffer in = ByteBuffer.wrap(bytes("HTTP/1.1 200 OK|Transfer-Encoding: chunked||1|a|0||"));
    assertThat(parser.next(in)).isEqualTo(AnswerParser.Found.HEAD);
    assertThat(parser.next(in)).isEqualTo(AnswerParser.Found.PIECE);
    assertThat(parser.isOver()).isTrue();
    assertThat(in.hasRemaining()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK|Content-Length: 5||four",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|hello|",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|hello|0|",
        "HTTP/1.1 200 OK|Content-",
        "HTTP/1.1 100 Continue||",
        ""
      })
  void isCutShortWhereThePeerClosesBefore(String text) {
    assertThat(
            catchThrowableOfType(GatewayFailure.class, () -> read(false, true, bytes(text))).kind())
        .isEqualTo(GatewayFailure.Kind.BROKEN);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "|HTTP/1.1 200 OK||",
        "HTTP/2.0 200 OK||",
        "HTTP/1.1  200 OK||",
        "HTTP/1.1 20 OK||",
        "HTTP/1.1 2000 OK||",
        "HTTP/1.1 020 OK||",
        "http/1.1 200 OK||",
        "<html>|",
        "HTTP/1.1 200 O\u0000K||",
        "HTTP/1.1 200 OK|No colon||",
        "HTTP/1.1 200 OK|Space : x||",
        "HTTP/1.1 200 OK|: x||",
        "HTTP/1.1 200 OK| folded: x||",
        "HTTP/1.1 200 OK|A: x| folded||",
        "HTTP/1.1 200 OK|A: x\u0000y||",
        "HTTP/1.1 200 OK|A: x\ry||",
        "HTTP/1.1 200 OK|Content-Length: 1|Content-Length: 1||",
        "HTTP/1.1 200 OK|Content-Length: +1||",
        "HTTP/1.1 200 OK|Content-Length: 1|Transfer-Encoding: chunked||",
        "HTTP/1.1 200 OK|Transfer-Encoding: gzip||",
        "HTTP/1.1 200 OK|Transfer-Encoding: gzip, chunked||",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked|Transfer-Encoding: chunked||",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked|||",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||x|",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1 2|",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||-1|",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1\na|",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1|ab|",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||fffffffffffffffff|",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||0| x: y||",
      })
  void refusesWhatIsNoHttp(String text) {
    assertThat(refused(text)).isNotNull();
    assertThat(refused(text).kind()).isEqualTo(GatewayFailure.Kind.INVALID_RESPONSE);
  }

  @Test
  void aHeadHasALimit() throws Exception {
    String head = "HTTP/1.1 200 OK|Content-Length: 0|A: ";
    String most = "x".repeat(MOST_HEAD - bytes(head + "||").length);
    assertThat(read(false, false, bytes(head + most + "||"))).endsWith(" over kept");
    assertThat(refused(head + most + "x||").kind()).isEqualTo(GatewayFailure.Kind.INVALID_RESPONSE);
    assertThat(refused(head + most.repeat(3)).kind())
        .as("before its line has an end")
        .isEqualTo(GatewayFailure.Kind.INVALID_RESPONSE);
    assertThat(refused("HTTP/1.1 200 OK|Transfer-Encoding: chunked||1;" + "x".repeat(5000)).kind())
        .as("a chunk's extensions")
        .isEqualTo(GatewayFailure.Kind.INVALID_RESPONSE);
    assertThat(
            refused("HTTP/1.1 200 OK|Transfer-Encoding: chunked||0|" + "T: u|".repeat(9000)).kind())
        .as("trailers")
        .isEqualTo(GatewayFailure.Kind.INVALID_RESPONSE);
  }

  @Test
  void interimAnswersWithoutEndHaveOne() {
    assertThat(refused("HTTP/1.1 100 Continue||".repeat(5000)).kind())
        .isEqualTo(GatewayFailure.Kind.INVALID_RESPONSE);
  }
}
