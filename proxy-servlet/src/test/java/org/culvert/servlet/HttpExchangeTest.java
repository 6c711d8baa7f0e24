package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.culvert.upstream.UpstreamSettings;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** HTTP through an exchange on real containers, in bytes. */
@Timeout(30)
final class HttpExchangeTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  @ParameterizedTest
  @EnumSource
  void anAnswerPassesWithItsFieldsInOrder(TestFront.Kind kind) throws Exception {
    try (var origin =
            new TestOrigin(
                TestOrigin.answering(
                    "HTTP/1.1 200 OK\r\nServer: secret\r\nSet-Cookie: a=1\r\nX-A: 1\r\n"
                        + "Set-Cookie: b=2\r\nX-A: 2\r\nConnection: x-hop\r\nX-Hop: 1\r\n"
                        + "Content-Length: 5\r\n\r\nhello"));
        var front = start(kind, origin)) {
      try (var client = new RawClient(front.port())) {
        String answer = client.get("/path?q=1").rest();
        assertThat(answer).startsWith("HTTP/1.1 200").endsWith("\r\n\r\nhello");
        assertThat(answer).contains("Content-Length: 5\r\n").doesNotContain("secret", "X-Hop");
        assertThat(answer.indexOf("a=1")).isLessThan(answer.indexOf("b=2")).isPositive();
        assertThat(answer.indexOf("X-A: 1")).isLessThan(answer.indexOf("X-A: 2")).isPositive();
      }
      String head = origin.heads.poll(1, TimeUnit.SECONDS);
      assertThat(head).startsWith("GET /path?q=1 HTTP/1.1\r\n").contains("Host: backend\r\n");
      assertThat(head)
          .doesNotContain("Connection", "User-Agent", "Accept-Encoding", "Content-Length");
    }
  }

  private static TestFront start(TestFront.Kind kind, TestOrigin origin) throws Exception {
    UpstreamSettings upstream = TestProxy.upstream(origin.address());
    return TestFront.start(kind, new TestProxy(upstream, TestProxy.settings(upstream)), true);
  }
}
