package org.culvert.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.assertj.core.api.Assertions;
import org.culvert.http.ClientConnection;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.http.RequestTarget;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.RequestVariables;
import org.culvert.variable.Scope;
import org.culvert.variable.VariableTable;
import org.junit.jupiter.api.Test;

class ResponseVariablesTest {
  private final VariableTable table = new VariableTable();
  private final ResponseRecord record = new ResponseRecord();
  private final Scope scope = new Scope();

  ResponseVariablesTest() throws Exception {
    RequestVariables.define(table);
    ResponseVariables.define(table);
    InetSocketAddress address = new InetSocketAddress("127.0.0.1", 80);
    scope
        .put(ResponseRecord.class, record)
        .put(
            RequestFacts.class,
            new RequestFacts(
                new RequestHead("GET", "/v", "HTTP/1.1", HeaderFields.of("Host", "h.Test:18781")),
                RequestTarget.parse("/v"),
                new ClientConnection(address, address, "http", 1, 1),
                "",
                null,
                "h.test",
                "/v"));
  }

  private String value(String name) throws Exception {
    return table.lookup(name).value(scope);
  }

  @Test
  void statusHasThreeDigits() throws Exception {
    assertThat(value("status")).isEqualTo("000");
    record.head(200, new HeaderFields());
    assertThat(value("status")).isEqualTo("200");
    record.status(499);
    assertThat(value("status")).isEqualTo("499");
  }

  @Test
  void bytesAreCounted() throws Exception {
    record.head(200, HeaderFields.of("A", "b"));
    record.wrote(10);
    record.wrote(5);
    record.read(7);
    assertThat(value("body_bytes_sent")).isEqualTo("15");
    assertThat(value("bytes_sent"))
        .isEqualTo("" + ("HTTP/1.1 200 OK\r\nA: b\r\n\r\n".length() + 15));
    assertThat(value("request_length"))
        .isEqualTo("" + ("GET /v HTTP/1.1\r\nHost: h.Test:18781\r\n\r\n".length() + 7));
  }

  @Test
  void sentFieldsAreJoined() throws Exception {
    record.head(200, HeaderFields.of("X-A", "1", "x-a", "2", "Content-Type", "text/plain"));
    assertThat(value("sent_http_x_a")).isEqualTo("1, 2");
    assertThat(value("sent_http_content_type")).isEqualTo("text/plain");
    assertThat(value("sent_http_none")).isNull();
  }

  @Test
  void timesHaveNginxForms() throws Exception {
    assertThat(value("request_time")).matches("\\d+\\.\\d{3}");
    assertThat(value("msec")).matches("\\d{10}\\.\\d{3}");
    OffsetDateTime iso = OffsetDateTime.parse(value("time_iso8601"));
    Assertions.assertThat(iso.toInstant())
        .isCloseTo(Instant.now(), Assertions.within(5, ChronoUnit.SECONDS));
    OffsetDateTime local =
        OffsetDateTime.parse(
            value("time_local"),
            DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ENGLISH));
    Assertions.assertThat(local.toInstant())
        .isCloseTo(Instant.now(), Assertions.within(5, ChronoUnit.SECONDS));
  }

  @Test
  void theCombinedFormatIsNginxs() throws Exception {
    record.head(200, new HeaderFields());
    record.wrote(3);
    String line = table.compile(LogFormats.COMBINED, LogEscaping.DEFAULT).evaluate(scope);
    table.resolveAll();
    assertThat(line).matches("127\\.0\\.0\\.1 - - \\[.*] \"GET /v HTTP/1\\.1\" 200 3 \"-\" \"-\"");
  }
}
