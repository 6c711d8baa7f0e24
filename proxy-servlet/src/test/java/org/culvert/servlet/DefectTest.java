package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.culvert.exchange.ProxySettings;
import org.culvert.http.GatewayFailure;
import org.culvert.upstream.UpstreamSettings;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A defect on any thread of an exchange ends it; nothing is left hanging or in flight. */
@Timeout(30)
final class DefectTest {
  private static final Template BROKEN =
      new Template() {
        @Override
        public String evaluate(Scope scope) {
          throw new IllegalStateException("defect");
        }

        @Override
        public boolean isConstant() {
          return false;
        }

        @Override
        public String source() {
          return "$broken";
        }
      };

  @ParameterizedTest
  @EnumSource
  void whileDialling(TestFront.Kind kind) throws Exception {
    check(
        kind,
        s -> TestProxy.with(s, new ProxySettings.UpstreamTls(false, BROKEN, false, null)),
        "HTTP/1.1 500");
  }

  @ParameterizedTest
  @EnumSource
  void whileAnswering(TestFront.Kind kind) throws Exception {
    check(
        kind,
        s ->
            new ProxySettings(
                s.pass(),
                s.request(),
                new ProxySettings.ResponseRules(
                    s.response().hide(),
                    s.response().ignore(),
                    List.of(new ProxySettings.Rewrite.Prefix(BROKEN, BROKEN)),
                    List.of(),
                    List.of(),
                    List.of(),
                    false,
                    ProxySettings.Ranges.BACKENDS,
                    true,
                    65536,
                    4096,
                    false,
                    null),
                s.dialling(),
                s.timeouts(),
                s.tls(),
                s.nextUpstream(),
                s.webSocket(),
                s.upgradeProtocols(),
                s.ignoreClientAbort()),
        "");
  }

  private static void check(
      TestFront.Kind kind, java.util.function.UnaryOperator<ProxySettings> change, String expected)
      throws Exception {
    try (var origin =
        new TestOrigin(
            TestOrigin.answering(
                "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 2\r\n\r\nok"))) {
      UpstreamSettings upstream = TestProxy.upstream(origin.address());
      TestProxy proxy =
          new TestProxy(upstream, TestProxy.settings(upstream, "http", true, true, change));
      try (var front = TestFront.start(kind, proxy, true)) {
        for (String request :
            List.of(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc")) {
          try (var client = new RawClient(front.port())) {
            assertThat(client.send(request).rest()).startsWith(expected).doesNotContain(" 302");
          }
          var end = proxy.ends.take();
          assertThat(end.failure().kind()).isEqualTo(GatewayFailure.Kind.INTERNAL);
          assertThat(proxy.upstreams.groups().group(upstream).peers().get(0).inFlight()).isZero();
        }
      }
    }
  }
}
