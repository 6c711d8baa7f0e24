package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.culvert.resolver.TestNameServer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code resolver}: names that variables of {@code proxy_pass} make. */
@Timeout(60)
class ResolverUpstreamTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private static String ask(TestFront front, String target) throws IOException {
    try (RawClient client = new RawClient(front.port())) {
      return client.get(target).rest();
    }
  }

  private static TestFront start(TestFront.Kind kind, TestNameServer names, TestOrigin origin)
      throws Exception {
    return TestFront.start(
        kind,
        new ProxyServlet(
            """
            upstream group.test { server 127.0.0.1:%2$d; }
            server {
                resolver 127.0.0.1:%1$d ipv6=off valid=0;
                add_header X-Addr $upstream_addr always;
                location / { proxy_pass http://$arg_host:%2$d; }
                location /late { resolver_timeout 100ms; proxy_pass http://$arg_host; }
                location /group { proxy_pass http://$arg_host; }
            }
            server {
                server_name none;
                set $name a.test;
                location / { proxy_pass http://$name; }
            }
            """
                .formatted(names.address().getPort(), origin.address().getPort())),
        true);
  }

  @ParameterizedTest
  @EnumSource
  void aNameIsLookedUpForTheRequest(TestFront.Kind kind) throws Exception {
    try (TestNameServer names = new TestNameServer();
        TestOrigin origin = new TestOrigin(TestOrigin.answering(OK));
        TestFront front = start(kind, names, origin);
        ErrorLog log = new ErrorLog()) {
      int port = origin.address().getPort();
      names.put("a.test", "0 127.0.0.1").put("silent.test", "0 ?");
      assertThat(ask(front, "/x?host=a.test")).contains("X-Addr: 127.0.0.1:" + port).endsWith("ok");
      assertThat(origin.heads.take())
          .startsWith("GET /x?host=a.test HTTP/1.1\r\nHost: a.test:" + port);
      assertThat(ask(front, "/x?host=nobody.test")).startsWith("HTTP/1.1 502 ");
      assertThat(log.with("nobody.test could not be resolved (3: Host not found), client: "))
          .hasSize(1);
      assertThat(ask(front, "/late?host=silent.test")).startsWith("HTTP/1.1 502 ");
      assertThat(log.with("silent.test could not be resolved (110: Operation timed out), client: "))
          .hasSize(1);
      names.questions.clear();
      assertThat(ask(front, "/group?host=group.test")).endsWith("ok");
      assertThat(names.questions).as("a group's name is no host's").isEmpty();
    }
  }

  /** Nobody listens at the first two addresses of loopback; one of three is tried first. */
  @ParameterizedTest
  @EnumSource
  void anAddressThatFailsLeavesTheRequestToTheNext(TestFront.Kind kind) throws Exception {
    try (TestNameServer names = new TestNameServer();
        TestOrigin origin = new TestOrigin(TestOrigin.answering(OK));
        TestFront front = start(kind, names, origin)) {
      names.put("three.test", "0 127.0.0.2 127.0.0.3 127.0.0.1");
      boolean several = false;
      for (int i = 0; i < 100 && !several; i++) {
        String answer = ask(front, "/?host=three.test");
        assertThat(answer).startsWith("HTTP/1.1 200 ");
        several = answer.contains(", 127.0.0.1:");
      }
      assertThat(several).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void withoutAResolverANameIs502(TestFront.Kind kind) throws Exception {
    try (TestNameServer names = new TestNameServer();
        TestOrigin origin = new TestOrigin(TestOrigin.answering(OK));
        TestFront front = start(kind, names, origin);
        ErrorLog log = new ErrorLog();
        RawClient client = new RawClient(front.port())) {
      client.send("GET / HTTP/1.1\r\nHost: none\r\nConnection: close\r\n\r\n");
      assertThat(client.rest()).startsWith("HTTP/1.1 502 ");
      assertThat(log.with("no resolver defined to resolve a.test, client: ")).hasSize(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void webSocketsWaitForTheNameToo(TestFront.Kind kind) throws Exception {
    try (TestNameServer names = new TestNameServer();
        TestOrigin origin = new TestOrigin(talk -> talk.send(Wire.switching(talk.head())));
        TestFront front =
            RelaySetup.front(
                kind,
                new ProxyServlet(
                    """
                    resolver 127.0.0.1:%d ipv6=off;
                    set $name a.test;
                    location / { proxy_websocket relay; proxy_pass http://$name:%d; }
                    """
                        .formatted(names.address().getPort(), origin.address().getPort())),
                50);
        RawClient client = new RawClient(front.port())) {
      names.put("a.test", "0 127.0.0.1");
      client.send(RelaySetup.handshake());
      assertThat(client.until("\r\n\r\n")).startsWith("HTTP/1.1 101 ");
    }
  }
}
