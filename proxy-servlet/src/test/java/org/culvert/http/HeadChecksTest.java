package org.culvert.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadChecksTest {
  /** The statuses are what nginx 1.22 answered to the same heads. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET     | HTTP/1.1 | Host: h                                            | 0",
        "FOO     | HTTP/1.1 | Host: h                                            | 0",
        "G@T     | HTTP/1.1 | Host: h                                            | 400",
        "GET /   | HTTP/2.0 |                                                    | 400",
        "GET     | HTTP/2.0 |                                                    | 0",
        "GET     | HTTP/1.0 |                                                    | 0",
        "GET     | HTTP/1.1 |                                                    | 400",
        "GET     | HTTP/1.1 | Host: h; Host: b                                   | 400",
        "TRACE   | HTTP/1.1 | Host: h                                            | 405",
        "CONNECT | HTTP/1.0 | Host: h                                            | 405",
        "POST    | HTTP/1.1 | Host: h; Content-Length: 3                         | 0",
        "POST    | HTTP/1.1 | Host: h; Content-Length: x                         | 400",
        "POST    | HTTP/1.1 | Host: h; Content-Length: +1                        | 400",
        "POST    | HTTP/1.1 | Host: h; Content-Length:                           | 400",
        "POST    | HTTP/1.1 | Host: h; Content-Length: 99999999999999999999      | 400",
        "POST    | HTTP/1.1 | Host: h; Content-Length: 1; Content-Length: 1      | 400",
        "POST    | HTTP/1.1 | Host: h; Transfer-Encoding: chunked                | 0",
        "POST    | HTTP/1.1 | Host: h; Transfer-Encoding: Chunked                | 0",
        "POST    | HTTP/1.1 | Host: h; Transfer-Encoding: gzip                   | 501",
        "POST    | HTTP/1.1 | Host: h; Transfer-Encoding: gzip, chunked          | 501",
        "POST    | HTTP/1.1 | Host: h; Transfer-Encoding: chunked; Content-Length: 3 | 400",
        "POST    | HTTP/1.0 | Host: h; Transfer-Encoding: chunked                | 400",
      })
  void refusesWhatTwoSidesCouldReadDifferently(
      String method, String protocol, String lines, int status) {
    HeaderFields fields = new HeaderFields();
    for (String line : lines == null ? new String[0] : lines.split("; ")) {
      fields.add(line.split(":", 2)[0], line.split(":", 2)[1].strip());
    }
    assertThat(HeadChecks.refusal(new RequestHead(method, "/", protocol, fields)))
        .isEqualTo(status);
  }

  @Test
  void refusesAnAnswerWithoutAClearEnd() {
    assertThat(ambiguity("Content-Length", "3")).isNull();
    assertThat(ambiguity("Transfer-Encoding", "chunked")).isNull();
    assertThat(ambiguity("Content-Length", "3x"))
        .isEqualTo("invalid \"Content-Length\" header: \"3x\"");
    assertThat(ambiguity("Content-Length", "3", "content-length", "4"))
        .isEqualTo(
            "duplicate header line: \"Content-Length: 4\", previous value: \"Content-Length: 3\"");
    assertThat(ambiguity("Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked"))
        .startsWith("duplicate header line: \"Transfer-Encoding: chunked\"");
    assertThat(ambiguity("Content-Length", "3", "Transfer-Encoding", "chunked"))
        .isEqualTo("\"Content-Length\" and \"Transfer-Encoding\" headers at the same time");
  }

  private static String ambiguity(String... fields) {
    return HeadChecks.ambiguity(HeaderFields.of(fields));
  }
}
