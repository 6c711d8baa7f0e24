package org.culvert.variable;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.culvert.http.ClientConnection;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.http.RequestTarget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestVariablesTest {
  private final VariableTable table = new VariableTable();

  RequestVariablesTest() {
    RequestVariables.define(table);
  }

  private static Scope get(String target, String host, String... fields) throws Exception {
    return scope("GET", target, host, fields);
  }

  private static Scope scope(String method, String target, String host, String... fields)
      throws Exception {
    RequestHead head = new RequestHead(method, target, "HTTP/1.1", HeaderFields.of(fields));
    ClientConnection connection =
        new ClientConnection(
            new InetSocketAddress(InetAddress.getByName("::1"), 51000),
            new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 8443),
            "https",
            7,
            3);
    RequestFacts facts =
        new RequestFacts(
            head,
            RequestTarget.parse(target),
            connection,
            "/app",
            "ren\u00e9",
            host,
            "/app" + target);
    facts.serverName("s1.test");
    return new Scope().put(RequestFacts.class, facts);
  }

  private String value(Scope scope, String name) throws Exception {
    return table.lookup(name).value(scope);
  }

  @ParameterizedTest
  @CsvSource({
    "uri,                 /a b",
    "document_uri,        /a b",
    "args,                x=1&Y=2",
    "query_string,        x=1&Y=2",
    "is_args,             ?",
    "arg_x,               1",
    "arg_y,               2",
    "ARG_Y,               2",
    "request_uri,         /app/./a%20b?x=1&Y=2",
    "context_path,        /app",
    "host,                h.test",
    "request_method,      GET",
    "server_protocol,     HTTP/1.1",
    "request,             GET /app/./a%20b?x=1&Y=2 HTTP/1.1",
    "content_type,        text/plain",
    "content_length,      12",
    "http_content_type,   text/plain",
    "http_x_several,      '1, 2'",
    "http_cookie,         'a=1; b=2; c=3'",
    "cookie_a,            1",
    "cookie_C,            3",
    "remote_addr,         ::1",
    "remote_port,         51000",
    "server_addr,         127.0.0.1",
    "server_port,         8443",
    "server_name,         s1.test",
    "scheme,              https",
    "https,               on",
    "connection,          7",
    "connection_requests, 3",
    "nginx_version,       1.31.5",
  })
  void haveNginxValues(String name, String value) throws Exception {
    Scope scope =
        get(
            "/./a%20b?x=1&Y=2",
            "h.test",
            "Content-Type",
            "text/plain",
            "Content-Length",
            "12",
            "X-Several",
            "1",
            "Cookie",
            "a=1; b=2",
            "x-several",
            "2",
            "Cookie",
            "c=3");
    assertThat(value(scope, name)).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({"args", "query_string", "http_none", "cookie_none", "arg_none", "content_type"})
  void haveNoValueWhereTheRequestHasNone(String name) throws Exception {
    assertThat(value(get("/a", ""), name)).isNull();
    assertThat(value(get("/a?", ""), name)).isNull();
  }

  @Test
  void hostIsTheServersNameWhereTheRequestNamesNone() throws Exception {
    assertThat(value(get("/", ""), "host")).isEqualTo("s1.test");
    assertThat(value(get("/", ""), "is_args")).isEmpty();
  }

  @Test
  void theUsersNameIsOctets() throws Exception {
    assertThat(value(get("/", ""), "remote_user")).isEqualTo("ren\u00c3\u00a9");
  }

  @Test
  void theRequestIdStaysTheSame() throws Exception {
    Scope scope = get("/", "");
    assertThat(value(scope, "request_id"))
        .matches("[0-9a-f]{32}")
        .isEqualTo(value(scope, "request_id"))
        .isNotEqualTo(value(get("/", ""), "request_id"));
  }

  @Test
  void theProcessIsKnown() throws Exception {
    assertThat(value(get("/", ""), "pid")).isEqualTo("" + ProcessHandle.current().pid());
    assertThat(value(get("/", ""), "hostname")).isNotEmpty();
    assertThat(value(get("/", ""), "binary_remote_addr")).hasSize(16);
  }

  @Test
  void anInternalRedirectChangesTheUriAndNotTheRequest() throws Exception {
    Scope scope = scope("POST", "/a?x=1", "h");
    RequestFacts facts = scope.get(RequestFacts.class);
    facts.redirect(RequestTarget.internal("/error.html?y=2"));
    facts.becomeGet();
    assertThat(value(scope, "uri")).isEqualTo("/error.html");
    assertThat(value(scope, "args")).isEqualTo("y=2");
    assertThat(value(scope, "request_uri")).isEqualTo("/app/a?x=1");
    assertThat(value(scope, "request_method")).isEqualTo("GET");
    assertThat(value(scope, "request")).isEqualTo("POST /app/a?x=1 HTTP/1.1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "c=1          | 1",
        "a=1; c=2; d  | 2",
        "c = 4        | 4",
        "xc=1;c=5,z   | 5,z",
        "C=6          | 6",
        "a,c=8        | 8",
        "c=\"q\"; z   | \"q\"",
        "c            | ",
        "cc=1         | ",
      })
  void cookiesAreFoundAsNginxFindsThem(String line, String value) {
    assertThat(FieldLookup.cookie(HeaderFields.of("Cookie", line), "c")).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({
    "a=1,          1",
    "xa=1&a=2&a=3, 2",
    "A=5,          5",
    "a=%41,        %41",
    "b&a=1=2,      1=2",
    "a,            ",
    "ab=1,         ",
    "'',           ",
  })
  void argumentsAreFoundAsNginxFindsThem(String query, String value) {
    assertThat(FieldLookup.argument(query, "a")).isEqualTo(value);
  }

  @Test
  void anEmptyArgumentOrCookieIsNotAMissingOne() {
    assertThat(FieldLookup.argument("a=", "a")).isEmpty();
    assertThat(FieldLookup.argument("b&a=&c", "a")).isEmpty();
    assertThat(FieldLookup.cookie(HeaderFields.of("Cookie", "c="), "c")).isEmpty();
    assertThat(FieldLookup.cookie(HeaderFields.of("Cookie", "c=; d=1"), "c")).isEmpty();
  }
}
