package org.culvert.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.culvert.exchange.ProxySettings.Rewrite;
import org.culvert.exchange.ProxySettings.SetHeader;
import org.culvert.http.ClientConnection;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.http.RequestTarget;
import org.culvert.http.ResponseHead;
import org.culvert.upstream.PeerSettings;
import org.culvert.upstream.UpstreamGroups;
import org.culvert.upstream.UpstreamSettings;
import org.culvert.variable.CapturingRegex;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.RequestVariables;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.culvert.variable.VariableTable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The request and response rules. */
final class ForwardedTest {
  private static final UpstreamSettings BACKEND =
      new UpstreamSettings(
          "backend",
          List.of(PeerSettings.of(new InetSocketAddress("127.0.0.1", 8080), "backend:8080")),
          32);
  private final UpstreamGroups groups = new UpstreamGroups(List.of(BACKEND), null);

  private static Scope scope(String target, String contextPath, String... fields)
      throws GatewayFailure {
    RequestTarget parsed = RequestTarget.parse(target);
    return new Scope()
        .put(
            RequestFacts.class,
            new RequestFacts(
                new RequestHead("GET", target, "HTTP/1.1", HeaderFields.of(fields)),
                parsed,
                new ClientConnection(
                    new InetSocketAddress("10.0.0.1", 1),
                    new InetSocketAddress("127.0.0.1", 80),
                    "http",
                    1,
                    1),
                contextPath,
                null,
                "example.org",
                target));
  }

  private static ProxySettings settings(ProxyPass pass, SetHeader... set) {
    return new ProxySettings(
        pass,
        new ProxySettings.RequestRules(
            "1.1",
            null,
            null,
            List.of(set),
            true,
            true,
            true,
            ProxySettings.BodyBuffering.of(16384)),
        new ProxySettings.ResponseRules(
            Set.of("server"),
            Set.of(),
            List.of(
                new Rewrite.Prefix(
                    Template.constant("http://backend:8080/"), Template.constant("/"))),
            List.of(
                new Rewrite.Prefix(Template.constant("backend"), Template.constant("example.org"))),
            List.of(new Rewrite.Prefix(Template.constant("/one/"), Template.constant("/two/"))),
            List.of(),
            false,
            ProxySettings.Ranges.BACKENDS,
            true,
            65536,
            4096,
            false,
            null),
        ProxySettings.Dialling.USUAL,
        new ProxySettings.Timeouts(
            Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1)),
        new ProxySettings.UpstreamTls(false, null, false, null),
        new ProxySettings.NextUpstream(true, true, false, false, Set.of(), 0, Duration.ZERO),
        ProxySettings.WebSocketMode.BY_HEADERS,
        ProxySettings.WEBSOCKET_ALONE,
        false);
  }

  private static ProxyPass.Fixed fixed(@Nullable String uri, String prefix) {
    return new ProxyPass.Fixed("http", "backend:8080", 8080, BACKEND, uri, prefix);
  }

  private RequestHead head(ProxySettings settings, Scope scope) throws GatewayFailure {
    return ForwardedRequest.plain(settings, ProxyTarget.of(settings.pass(), scope, groups), scope);
  }

  @Test
  void theTargetFollowsProxyPass() throws GatewayFailure {
    assertThat(head(settings(fixed(null, "/a/")), scope("/a/%2e%20b?x=%zz", "")).target())
        .isEqualTo("/a/%2e%20b?x=%zz");
    assertThat(head(settings(fixed("/new/", "/a/")), scope("/a//b/../c%20d?x=1", "")).target())
        .isEqualTo("/new/c%20d?x=1");
    assertThat(head(settings(fixed("/", "/a")), scope("/a/b", "")).target()).isEqualTo("//b");
  }

  @Test
  void theMethodIsThatOfProxyMethod() throws Exception {
    VariableTable table = new VariableTable();
    RequestVariables.define(table);
    ProxySettings settings = withMethod(settings(fixed(null, "/")), table.compile("$arg_m"));
    assertThat(head(settings, scope("/?m=PROPFIND", "")).method()).isEqualTo("PROPFIND");
    assertThat(head(settings, scope("/?m=M-%23!", "")).method()).isEqualTo("M-%23!");
  }

  /** It would begin a request of the client's own on the backend's connection. */
  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "GET ", "GET /admin HTTP/1.1\r\nHost: b\r\n\r\nGET", "G\0", "G\u00c9T"})
  void whatIsNoMethodIsNeverSent(String method) throws Exception {
    ProxySettings settings = withMethod(settings(fixed(null, "/")), Template.constant(method));
    Scope scope = scope("/", "");
    assertThatThrownBy(() -> head(settings, scope))
        .isInstanceOfSatisfying(GatewayFailure.class, f -> assertThat(f.status()).isEqualTo(500))
        .hasMessageContaining("invalid method \"" + method + "\" in \"proxy_method");
  }

  private static ProxySettings withMethod(ProxySettings settings, Template method) {
    ProxySettings.RequestRules rules = settings.request();
    return new ProxySettings(
        settings.pass(),
        new ProxySettings.RequestRules(
            rules.httpVersion(),
            method,
            rules.body(),
            rules.setHeaders(),
            rules.passHeaders(),
            rules.passBody(),
            rules.buffering(),
            rules.bodyBuffering()),
        settings.response(),
        settings.dialling(),
        settings.timeouts(),
        settings.tls(),
        settings.nextUpstream(),
        settings.webSocket(),
        settings.upgradeProtocols(),
        settings.ignoreClientAbort());
  }

  @Test
  void variablesGiveTheWholeUri() throws Exception {
    ProxySettings settings =
        settings(new ProxyPass.Variable(Template.constant("http://backend:8080/x y\\r\\n?q")));
    Scope unknown = scope("/", "");
    head(settings, unknown);
    assertThat(unknown.get(ProxyTarget.class).group()).as("a resolver may know").isNull();
    assertThat(unknown.get(ProxyTarget.class).hostName()).isEqualTo("backend");
    ProxySettings named =
        settings(new ProxyPass.Variable(Template.constant("http://BACKEND/x y\r\n?q")));
    RequestHead head = head(named, scope("/", ""));
    assertThat(head.target()).isEqualTo("/x%20y%0D%0A?q");
    ProxySettings literal =
        settings(new ProxyPass.Variable(Template.constant("http://127.0.0.1:81")));
    Scope scope = scope("/own?q", "");
    assertThat(head(literal, scope).target()).isEqualTo("/own?q");
    assertThat(scope.get(ProxyTarget.class).host()).isEqualTo("127.0.0.1:81");
    assertThatThrownBy(() -> head(settings(new ProxyPass.Variable(Template.constant("x"))), scope))
        .hasMessageContaining("invalid URL prefix");
  }

  @Test
  void hopByHopFieldsGoBeforeTheLocationsOwnAreAdded() throws GatewayFailure {
    RequestHead head =
        head(
            settings(
                fixed(null, "/"),
                new SetHeader("X-Remote-User", Template.constant("alice")),
                new SetHeader("Host", Template.constant("h")),
                new SetHeader("Connection", Template.constant("upgrade, x")),
                new SetHeader("Upgrade", Template.constant("websocket")),
                new SetHeader("Accept", Template.constant(""))),
            scope(
                "/",
                "",
                "Host",
                "c",
                "Connection",
                "close, X-Remote-User, X-Drop",
                "x-remote-USER",
                "mallory",
                "X-Drop",
                "1",
                "Accept",
                "*/*",
                "TE",
                "trailers",
                "Cookie",
                "a=1",
                "Cookie",
                "b=2"));
    assertThat(head.fields().toString())
        .isEqualTo(
            HeaderFields.of(
                    "X-Remote-User",
                    "alice",
                    "Host",
                    "h",
                    "Cookie",
                    "a=1",
                    "Cookie",
                    "b=2",
                    "Connection",
                    "x")
                .toString());
  }

  @Test
  void valuesCannotEndTheirLine() throws GatewayFailure {
    RequestHead head =
        head(
            settings(fixed(null, "/"), new SetHeader("X", Template.constant("a\r\nEvil: 1"))),
            scope("/", ""));
    assertThat(head.fields().first("X")).isEqualTo("a  Evil: 1");
  }

  private static HeaderFields answer(ProxySettings settings, Scope scope, String... fields) {
    return ForwardedResponse.of(
            new ResponseHead(200, "OK", HeaderFields.of(fields)), settings.response(), scope)
        .fields();
  }

  @Test
  void redirectsAndCookiesComeBackToTheClientsSide() throws GatewayFailure {
    ProxySettings settings = settings(fixed(null, "/"));
    HeaderFields fields =
        answer(
            settings,
            scope("/", ""),
            "Location",
            "http://backend:8080/x",
            "Refresh",
            "5; url=http://backend:8080/y",
            "Server",
            "s",
            "Set-Cookie",
            "a=b; Path=/one/x; Domain=.BACKEND; HttpOnly");
    assertThat(fields.first("Location")).isEqualTo("/x");
    assertThat(fields.first("Refresh")).isEqualTo("5; url=/y");
    assertThat(fields.contains("Server")).isFalse();
    assertThat(fields.first("Set-Cookie"))
        .isEqualTo("a=b; Path=/two/x; Domain=.example.org; HttpOnly");
  }

  @Test
  void theContextPathIsPutBack() throws GatewayFailure {
    ProxySettings settings = settings(fixed(null, "/"));
    Scope scope = scope("/", "/app");
    assertThat(answer(settings, scope, "Location", "http://backend:8080/x").first("Location"))
        .isEqualTo("/app/x");
    assertThat(answer(settings, scope, "Location", "/x").first("Location")).isEqualTo("/app/x");
    assertThat(answer(settings, scope, "Location", "http://other/x").first("Location"))
        .isEqualTo("http://other/x");
    assertThat(answer(settings, scope, "Set-Cookie", "a=b; path=/one/").first("Set-Cookie"))
        .isEqualTo("a=b; path=/app/two/");
  }

  @Test
  void aRegexReplacesTheWholeValue() throws Exception {
    VariableTable table = new VariableTable();
    ProxySettings plain = settings(fixed(null, "/"));
    ProxySettings.ResponseRules r = plain.response();
    ProxySettings.ResponseRules rules =
        new ProxySettings.ResponseRules(
            r.hide(),
            r.ignore(),
            List.of(
                new Rewrite.Pattern(
                    new CapturingRegex(Pattern.compile("^http://([^:]+):\\d+(/.+)$"), Map.of()),
                    table.compile("https://$1$2"))),
            List.of(),
            List.of(),
            List.of(),
            false,
            ProxySettings.Ranges.BACKENDS,
            true,
            65536,
            4096,
            false,
            null);
    assertThat(
            ForwardedResponse.of(
                    new ResponseHead(
                        302, null, HeaderFields.of("Location", "http://b.example:81/x")),
                    rules,
                    scope("/", ""))
                .fields()
                .first("Location"))
        .isEqualTo("https://b.example/x");
  }

  @Test
  void variablesOfTheProxy() throws Exception {
    VariableTable table = new VariableTable();
    ProxyVariables.define(table);
    UpstreamVariables.define(table);
    Scope scope = scope("/", "", "X-Forwarded-For", "1.2.3.4");
    head(settings(fixed(null, "/")), scope);
    assertThat(table.compile("$proxy_host $proxy_port $proxy_add_x_forwarded_for").evaluate(scope))
        .isEqualTo("backend:8080 8080 1.2.3.4, 10.0.0.1");
    var attempts = new org.culvert.upstream.Attempts();
    scope.put(org.culvert.upstream.Attempts.class, attempts);
    attempts.begin("127.0.0.1:1").failed(502);
    var second = attempts.begin("127.0.0.1:2");
    second.connected();
    second.answered(200, HeaderFields.of("X-A", "1", "Set-Cookie", "sid=42; Path=/"));
    second.received(10);
    second.body(7);
    second.ended();
    assertThat(
            table
                .compile(
                    "$upstream_addr $upstream_status $upstream_http_x_a $upstream_cookie_sid"
                        + " $upstream_bytes_received $upstream_response_length")
                .evaluate(scope))
        .isEqualTo("127.0.0.1:1, 127.0.0.1:2 502, 200 1 42 0, 10 0, 7");
    assertThat(table.compile("$upstream_connect_time").evaluate(scope)).matches("-, \\d+\\.\\d{3}");
  }
}
