package org.culvert.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTargetTest {
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "/,                 /",
        "/a/b,              /a/b",
        "//a///b//,         /a/b/",
        "/a/./b/.,          /a/b/",
        "/a/../b,           /b",
        "/a/..,             /",
        "/a/b/../../c,      /c",
        "/a/...,            /a/...",
        "/a/..b,            /a/..b",
        "/a/.b/,            /a/.b/",
        "/a/%2e%2E/b,       /b",
        "/a/.%2e/b,         /b",
        "/a%2fb,            /a/b",
        "/a%2F%2Fb,         /a/b",
        "/a/%2e%2e%2fb,     /b",
        "/%41%7e,           /A~",
        "/a%20b,            \"/a b\"",
        "/a+b,              /a+b",
        "/a%2bb,            /a+b",
        "/a%3Fb,            /a?b",
        "/a%23b,            /a#b",
        "/%252e%252e/a,     /%2e%2e/a",
        "/a%25,             /a%",
        "/a;b=c/d,          /a;b=c/d",
        "/a/..;/b,          /a/..;/b",
        "/a\\..\\b,         /a\\..\\b",
        "/a%5c..%5cb,       /a\\..\\b",
        "/a?b/../c%00,      /a",
        "/a/..?x,           /",
        "/a/../#/../..,     /",
        "/a//..//b,         /b",
        "/%2f,              /",
        "/.%2e%2fa%2f..,    BAD",
      })
  void isNormalisedAsNginxDoes(String raw, String path) throws Exception {
    if (path.equals("BAD")) {
      refuses(raw);
    } else {
      RequestTarget target = RequestTarget.parse(raw);
      assertThat(target.path()).isEqualTo(path);
      assertThat(target.raw()).isEqualTo(raw);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*",
        "a",
        "example.com:443",
        "://x/",
        "http://",
        "http:///a",
        "1a://x/",
        "/..",
        "/../a",
        "/a/../..",
        "//..",
        "/%2e%2e",
        "/a/%2e%2e/%2e%2e/b",
        "/%00",
        "/a%00.html",
        "/%",
        "/%4",
        "/%4g",
        "/%g4",
        "/a b",
        "/a\tb",
        "/a\u0001",
        "/a\u007f",
        "/a?b c"
      })
  void refuses(String raw) {
    GatewayFailure failure =
        catchThrowableOfType(GatewayFailure.class, () -> RequestTarget.parse(raw));
    assertThat(failure).isNotNull();
    assertThat(failure.kind()).isEqualTo(GatewayFailure.Kind.BAD_REQUEST);
  }

  @ParameterizedTest
  @CsvSource({
    "//, //, /",
    "/a//b, /a//b, /a/b",
    "/a//../b, /a/b, /b",
    "/a/.//b/./c, /a//b/c, /a/b/c",
    "/a/%2f/b, /a///b, /a/b",
  })
  void mergesSlashesOrNot(String raw, String apart, String merged) throws GatewayFailure {
    assertThat(RequestTarget.parse(raw, false).path()).isEqualTo(apart);
    assertThat(RequestTarget.parse(raw, true).path()).isEqualTo(merged);
  }

  @Test
  void splitsPathAndQuery() throws Exception {
    RequestTarget target = RequestTarget.parse("/a%20b/?x=1?y#z");
    assertThat(target.rawPath()).isEqualTo("/a%20b/");
    assertThat(target.query()).isEqualTo("x=1?y");
    assertThat(RequestTarget.parse("/a?").query()).isEmpty();
    assertThat(RequestTarget.parse("/a").query()).isNull();
    assertThat(RequestTarget.parse("/a#?x").query()).isNull();
  }

  @Test
  void keepsOctetsOfTheDecodedPath() throws Exception {
    String path = RequestTarget.parse("/%C3%A9%ff").path();
    assertThat(path).isEqualTo("/\u00c3\u00a9\u00ff");
    assertThat(UriEscaping.path(path)).isEqualTo("/%C3%A9%FF");
  }

  @ParameterizedTest
  @CsvSource({
    "http://Host:81/a?b, Host:81, /a, /a?b",
    "HTTPS://h, h, /, /",
    "http://h?x=1, h, /, /?x=1",
    "http://[::1]:8/a, [::1]:8, /a, /a",
  })
  void readsTheAbsoluteForm(String raw, String authority, String path, String whole)
      throws Exception {
    RequestTarget target = RequestTarget.parse(raw);
    assertThat(target.authority()).isEqualTo(authority);
    assertThat(target.path()).isEqualTo(path);
    assertThat(target.raw()).isEqualTo(whole);
  }

  @Test
  void escapesAPathForForwarding() throws Exception {
    assertThat(UriEscaping.path("/a b\"#%<>?\\^`{|}\n~!$&'()*+,;=:@[]"))
        .isEqualTo("/a%20b%22%23%25%3C%3E%3F%5C%5E%60%7B%7C%7D%0A~!$&'()*+,;=:@[]");
    assertThat(RequestTarget.parse("/p/a^b").forwardedPath(3)).isEqualTo("a^b");
    assertThat(RequestTarget.parse("/p/a^b%20").forwardedPath(3)).isEqualTo("a%5Eb%20");
    assertThat(RequestTarget.parse("/%70/a%3Fb").forwardedPath(3)).isEqualTo("a%3Fb");
  }

  @Test
  void anInternalTargetIsForwardedEscaped() {
    RequestTarget target = RequestTarget.internal("/a b/é?x=1");
    assertThat(target.raw()).isEqualTo("/a%20b/%E9?x=1");
    assertThat(target.query()).isEqualTo("x=1");
    assertThat(RequestTarget.internal("/a", "").raw()).isEqualTo("/a");
    assertThat(target.withQuery("y").raw()).isEqualTo("/a%20b/%E9?y");
  }
}
