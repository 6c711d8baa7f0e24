package org.culvert.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.junit.jupiter.api.Test;

/** Requests in bytes. */
final class RequestBytesTest {
  private static final JettyOrigin ORIGIN =
      new JettyOrigin(
          "http",
          "peer",
          new InetSocketAddress(InetAddress.getLoopbackAddress(), 8080),
          "g",
          1,
          LocalAddress.ANY);

  private static String head(String method, String target, HeaderFields fields, long length) {
    RequestHead head = new RequestHead(method, target, "HTTP/1.1", fields);
    ByteBuffer bytes = ByteBuffer.allocate(RequestBytes.length(head, ORIGIN));
    RequestBytes.head(bytes, head, ORIGIN, length);
    return text(bytes.flip());
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.ISO_8859_1.decode(bytes).toString();
  }

  @Test
  void aHeadGoesOutAsItIs() {
    assertThat(
            head("gEt", "/a%2f?b=%", HeaderFields.of("Host", "h", "X", "\u00e9\t", "x-y", ""), 0))
        .isEqualTo("gEt /a%2f?b=% HTTP/1.1\r\nHost: h\r\nX: \u00e9\t\r\nx-y: \r\n\r\n");
  }

  @Test
  void whatIsMissingIsSaid() {
    assertThat(head("GET", "/", new HeaderFields(), 0))
        .isEqualTo("GET / HTTP/1.1\r\nHost: peer:8080\r\n\r\n");
    assertThat(head("POST", "/", HeaderFields.of("host", "h"), 0))
        .isEqualTo("POST / HTTP/1.1\r\nHost: h\r\n\r\n");
    assertThat(head("PUT", "/", HeaderFields.of("Host", "h", "content-length", "3"), 3))
        .isEqualTo("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n");
    assertThat(head("POST", "/", HeaderFields.of("Host", "h"), -1))
        .endsWith("Transfer-Encoding: chunked\r\n\r\n");
  }

  /** The second: a char whose low byte would be the end of a line. */
  @Test
  void oneRequestStaysOne() {
    for (String evil : new String[] {"a\r\nX: b", "a\u010d\u010aX: b", "a\nX: b", "a\0b"}) {
      assertThat(head("GET", "/", HeaderFields.of("Host", "h", "E", evil), 0).split("[\r\n]+"))
          .as(evil)
          .hasSize(3);
      assertThat(head("GET", "/", HeaderFields.of("Host", "h", evil, "v"), 0).split("[\r\n]+"))
          .hasSize(3);
      assertThat(head(evil, evil, HeaderFields.of("Host", "h"), 0).split("[\r\n]+")).hasSize(2);
    }
  }

  @Test
  void aHeadHasALimit() {
    RequestHead long64k =
        new RequestHead("GET", "/", "HTTP/1.1", HeaderFields.of("A", "x".repeat(65_536)));
    assertThatThrownBy(() -> RequestBytes.length(long64k, ORIGIN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("65536");
  }

  @Test
  void chunksHaveTheirSizesAroundThem() {
    ByteBuffer bytes = ByteBuffer.allocate(100);
    RequestBytes.beginChunk(bytes);
    bytes.put("eleven char".getBytes(StandardCharsets.ISO_8859_1));
    RequestBytes.endChunk(bytes, 0);
    assertThat(text(bytes.flip())).isEqualTo("000b\r\neleven char\r\n");
    assertThat(text(RequestBytes.lastChunk(HeaderFields.of("T", "u"))))
        .isEqualTo("0\r\nT: u\r\n\r\n");
  }
}
