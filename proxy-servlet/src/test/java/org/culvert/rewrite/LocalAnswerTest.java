package org.culvert.rewrite;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.culvert.http.HeaderFields;
import org.culvert.http.MediaTypes;
import org.culvert.http.RequestTarget;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.culvert.variable.VariableTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code return}, {@code error_page}, {@code add_header} and {@code set}; answers are nginx's. */
class LocalAnswerTest {
  private static final Redirects ABSOLUTE = new Redirects(true, true, false);
  private static final MediaTypes TYPES =
      new MediaTypes(Map.of("html", "text/html"), "application/octet-stream");

  private static LocalAnswer.Outcome run(String target, int status, String text) {
    Template template = text == null ? null : Requests.template(text);
    return LocalAnswer.of(new Return(status, template), TYPES, Requests.get(target));
  }

  private static LocalAnswer answer(LocalAnswer.Outcome outcome) {
    return ((LocalAnswer.Outcome.Answered) outcome).answer();
  }

  @ParameterizedTest
  @CsvSource({
    "/a,      200, ,     application/octet-stream, ''",
    "/a.html, 200, ok,   text/html,                ok",
    "/a,      200, '',   application/octet-stream, ''",
    "/a,      404, text, application/octet-stream, text",
    "/a b.html, 200, $uri, text/html,              /a b.html",
    "/a,      300, t,    application/octet-stream, t",
    "/a,      404, '',   application/octet-stream, ''",
    "/a,      204, x,    ,                         x",
  })
  void returnAnswersWithATextOfThePathsType(
      String target, int status, String text, String type, String body) {
    LocalAnswer answer = answer(run(target.replace(" ", "%20"), status, text));
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.fields().first("Content-Type")).isEqualTo(type);
    assertThat(new String(answer.body(ServerTokens.ON), ISO_8859_1)).isEqualTo(body);
  }

  @Test
  void returnOfAnErrorWithoutTextIsAStatus() {
    assertThat(run("/", 404, null)).isEqualTo(new LocalAnswer.Outcome.Status(404));
    assertThat(run("/", 444, null)).isEqualTo(new LocalAnswer.Outcome.Closed(444));
    assertThat(run("/", 499, null)).isEqualTo(new LocalAnswer.Outcome.Closed(499));
  }

  @ParameterizedTest
  @CsvSource({
    "301, /x?y,        /x?y",
    "302, http://a/b,  http://a/b",
    "307, $uri,        /r",
    "308, x,           x",
    "303, $arg_none,   ''",
  })
  void returnRedirects(int status, String text, String location) {
    LocalAnswer answer = answer(run("/r", status, text));
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.fields().first("Location")).isEqualTo(location);
    assertThat(answer.fields().first("Content-Type")).isEqualTo("text/html");
    assertThat(new String(answer.body(ServerTokens.ON), ISO_8859_1))
        .contains("<center><h1>" + status + " ");
  }

  @ParameterizedTest
  @CsvSource({
    "h.test, 18781, '',   /x,      http://h.test:18781/x",
    "h.test, 80,    '',   /x,      http://h.test/x",
    "h.test, 443,   '',   /x,      https://h.test/x",
    "'',     8080,  '',   /x,      http://127.0.0.1:8080/x",
    "h,      80,    /app, /x,      http://h/x",
  })
  void redirectsBecomeAbsolute(
      String host, int port, String contextPath, String location, String absolute) {
    Scope scope = Requests.scope("GET", "/", host, port, contextPath);
    assertThat(ABSOLUTE.location(location, scope.get(RequestFacts.class))).isEqualTo(absolute);
  }

  @Test
  void ownRedirectsKeepContextPathAndArguments() {
    Scope scope = Requests.scope("GET", "/a%20b?x=%20", "h", 80, "/app");
    assertThat(Redirects.toPath("/a b/", scope.get(RequestFacts.class)))
        .isEqualTo("/app/a%20b/?x=%20");
  }

  @Test
  void defaultPagesAreNginxs() {
    assertThat(StatusPages.body(404, ServerTokens.ON))
        .isEqualTo(
            "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n"
                + "<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx/1.31.5</center>\r\n"
                + "</body>\r\n</html>\r\n");
    assertThat(StatusPages.body(497, ServerTokens.ON))
        .isEqualTo(
            "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title>"
                + "</head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n"
                + "<center>The plain HTTP request was sent to HTTPS port</center>\r\n"
                + "<hr><center>nginx/1.31.5</center>\r\n</body>\r\n</html>\r\n");
    assertThat(StatusPages.body(418, ServerTokens.ON)).isNull();
    assertThat(LocalAnswer.ofStatus(494, null).status()).isEqualTo(400);
    assertThat(LocalAnswer.ofStatus(418, null).body(ServerTokens.ON)).isEmpty();
    assertThat(StatusPages.reason(504)).isEqualTo("Gateway Time-out");
    assertThat(StatusPages.reason(418)).isEmpty();
  }

  @Test
  void aDefaultPageKeepsTheFieldsThatBelongToTheStatus() {
    LocalAnswer answer =
        LocalAnswer.ofStatus(401, HeaderFields.of("WWW-Authenticate", "Basic realm=x"));
    assertThat(answer.fields().first("WWW-Authenticate")).isEqualTo("Basic realm=x");
    assertThat(answer.fields().first("Content-Type")).isEqualTo("text/html");
  }

  @ParameterizedTest
  @CsvSource({
    "404, -1,  /e.html,        404, /e.html",
    "403, 200, /e.html,        200, /e.html",
    "500, 0,   /e.html?a=$uri, 0,   /e.html?a=/x",
    "497, -1,  /e.html,        400, /e.html",
  })
  void anErrorPageIsAnInternalRedirect(
      int status, int response, String uri, int answered, String raw) {
    ErrorPages.Outcome outcome = evaluate(status, response, uri);
    assertThat(outcome)
        .isEqualTo(new ErrorPages.Outcome.Internal(RequestTarget.internal(raw), answered));
  }

  @Test
  void anErrorPageIsANamedLocation() {
    assertThat(evaluate(502, -1, "@fallback"))
        .isEqualTo(new ErrorPages.Outcome.Named("@fallback", 502));
    assertThat(evaluate(502, 0, "@fallback"))
        .isEqualTo(new ErrorPages.Outcome.Named("@fallback", 0));
  }

  @ParameterizedTest
  @CsvSource({"410, -1, 302", "411, 307, 307", "416, 404, 302", "411, 0, 302"})
  void anErrorPageIsARedirectToAnotherSite(int status, int response, int answered) {
    var redirect = (ErrorPages.Outcome.Redirect) evaluate(status, response, "http://x$uri");
    assertThat(redirect.answer().status()).isEqualTo(answered);
    assertThat(redirect.answer().fields().first("Location")).isEqualTo("http://x/x");
  }

  @Test
  void theFirstErrorPageOfAStatusIsChosen() {
    ErrorPage one = new ErrorPage(Set.of(500, 502), -1, Template.constant("/1"));
    ErrorPage two = new ErrorPage(Set.of(502, 404), -1, Template.constant("/2"));
    assertThat(ErrorPages.choose(List.of(one, two), 502)).isSameAs(one);
    assertThat(ErrorPages.choose(List.of(one, two), 404)).isSameAs(two);
    assertThat(ErrorPages.choose(List.of(one, two), 403)).isNull();
  }

  private static ErrorPages.Outcome evaluate(int status, int response, String uri) {
    ErrorPage page = new ErrorPage(Set.of(status), response, Requests.template(uri));
    return ErrorPages.evaluate(page, status, Requests.get("/x"));
  }

  @ParameterizedTest
  @CsvSource({
    "200, 'X-A,X-B,ETag,Cache-Control,cache-control'",
    "201, 'X-A,X-B,ETag,Cache-Control,cache-control'",
    "303, 'X-A,X-B,ETag,Cache-Control,cache-control'",
    "404, 'ETag,X-B'",
    "202, 'ETag,X-B'",
  })
  void headersAreAddedToTheStatusesThatNginxNames(int status, String names) {
    HeaderFields fields = HeaderFields.of("ETag", "\"old\"");
    List<AddHeader> headers =
        List.of(
            new AddHeader("X-A", Template.constant("a"), false),
            new AddHeader("X-B", Template.constant("b"), true),
            new AddHeader("X-E", Requests.template("$arg_none"), true),
            new AddHeader("ETag", Template.constant("\"q\""), false),
            new AddHeader("Cache-Control", Template.constant("a"), false),
            new AddHeader("cache-control", Template.constant("b"), false));
    AddHeaders.apply(headers, status, Requests.get("/"), fields);
    assertThat(fields.toList().stream().map(f -> f.name())).containsExactly(names.split(","));
  }

  @Test
  void setRunsInOrderAndMayChangeTheArguments() {
    VariableTable table = Requests.table();
    int x = table.slot("x");
    Scope scope = Requests.get("/ab%5Ec?old");
    RewriteRun.of(
        List.of(
            new SetVariable(x, Requests.template(table, "1$arg_none")),
            new SetVariable(x, Requests.template(table, "${x}2")),
            new SetVariable(VariableTable.ARGS, Requests.template(table, "new=$x"))),
        scope);
    assertThat(scope.slot(x)).isEqualTo("12");
    RequestFacts facts = scope.get(RequestFacts.class);
    assertThat(facts.target().query()).isEqualTo("new=12");
    assertThat(facts.target().raw()).isEqualTo("/ab%5Ec?new=12");
    assertThat(facts.requestUri()).isEqualTo("/ab%5Ec?old");
  }
}
