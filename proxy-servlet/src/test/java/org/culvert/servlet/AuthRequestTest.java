package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code auth_request} on real containers: who is asked, what is told, and what remains. */
@Timeout(30)
class AuthRequestTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final String ALLOWED =
      "HTTP/1.1 200 OK\r\nX-User: alice\r\nContent-Length: 7\r\n\r\nallowed";
  private static final String DENIED = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";

  private static String configuration(TestOrigin auth, TestOrigin backend) {
    return """
    auth_request /auth;
    auth_request_set $user $upstream_http_x_user;
    location / {
        proxy_pass http://127.0.0.1:%d;
        proxy_set_header X-User $user;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $http_connection;
    }
    location = /auth {
        internal;
        proxy_pass http://127.0.0.1:%d;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_set_header X-Uri $request_uri;
    }
    """
        .formatted(backend.address().getPort(), auth.address().getPort());
  }

  private static TestFront start(
      TestFront.Kind kind, boolean async, TestOrigin auth, TestOrigin backend) throws Exception {
    return TestFront.start(kind, new ProxyServlet(configuration(auth, backend)), async);
  }

  private static String head(TestOrigin origin) throws InterruptedException {
    return String.valueOf(origin.heads.poll(15, TimeUnit.SECONDS));
  }

  /** Also where the body is long, and where a filter forbids asynchronous requests. */
  @ParameterizedTest
  @CsvSource({"JETTY, true", "TOMCAT, true", "JETTY, false", "TOMCAT, false"})
  void leavesTheBodyToTheRequest(TestFront.Kind kind, boolean async) throws Exception {
    String body = "0123456789abcdef".repeat(20_000);
    BlockingQueue<Integer> received = new LinkedBlockingQueue<>();
    try (TestOrigin auth = new TestOrigin(TestOrigin.answering(ALLOWED));
        TestOrigin backend =
            new TestOrigin(
                talk -> {
                  received.add(talk.request().length);
                  talk.send(OK);
                });
        TestFront front = start(kind, async, auth, backend);
        RawClient client = new RawClient(front.port())) {
      client.send(
          "POST /a?b=c HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + body);
      assertThat(client.rest()).startsWith("HTTP/1.1 200").endsWith("ok");
      assertThat(head(auth))
          .startsWith("GET /auth HTTP/1.1\r\n")
          .contains("X-Uri: /a?b=c\r\n")
          .doesNotContainIgnoringCase("content-length");
      assertThat(head(backend)).startsWith("POST /a?b=c HTTP/1.1\r\n").contains("X-User: alice");
      assertThat(received.poll(15, TimeUnit.SECONDS)).isEqualTo(body.length());
    }
  }

  @ParameterizedTest
  @CsvSource({"JETTY, true", "TOMCAT, true", "JETTY, false", "TOMCAT, false"})
  void deniesBeforeTheBackendSeesAnything(TestFront.Kind kind, boolean async) throws Exception {
    try (TestOrigin auth = new TestOrigin(TestOrigin.answering(DENIED));
        TestOrigin backend = new TestOrigin(TestOrigin.answering(OK));
        TestFront front = start(kind, async, auth, backend);
        RawClient client = new RawClient(front.port())) {
      assertThat(client.get("/").rest()).startsWith("HTTP/1.1 403").contains("403 Forbidden");
      assertThat(backend.connections).hasValue(0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void keepsTheConnectionOfWhoIsAsked(TestFront.Kind kind) throws Exception {
    try (TestOrigin auth = new TestOrigin(TestOrigin.answering(ALLOWED));
        TestOrigin backend = new TestOrigin(TestOrigin.answering(OK));
        TestFront front = start(kind, true, auth, backend);
        RawClient client = new RawClient(front.port())) {
      for (int i = 0; i < 20; i++) {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.answer()).endsWith("ok");
      }
      assertThat(auth.connections).hasValueLessThan(10);
    }
  }

  /** What is not here of the answer's body is not waited for, and its connection is closed. */
  @ParameterizedTest
  @EnumSource
  void needsTheHeadAlone(TestFront.Kind kind) throws Exception {
    try (TestOrigin auth =
            new TestOrigin(
                talk -> {
                  talk.request();
                  talk.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nnever the rest");
                  talk.in.read();
                });
        TestOrigin backend = new TestOrigin(TestOrigin.answering(OK));
        TestFront front = start(kind, true, auth, backend);
        RawClient client = new RawClient(front.port())) {
      assertThat(client.get("/").rest()).startsWith("HTTP/1.1 200");
      assertThat(auth.ends.poll(15, TimeUnit.SECONDS)).isNotNull();
    }
  }

  /** An endless answer is not read to its end. */
  @ParameterizedTest
  @EnumSource
  void throwsAwayABoundedPartOfAnAnswer(TestFront.Kind kind) throws Exception {
    byte[] piece = new byte[16 * 1024];
    try (TestOrigin auth =
            new TestOrigin(
                talk -> {
                  talk.request();
                  talk.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
                  while (true) {
                    talk.out.write(piece);
                  }
                });
        TestOrigin backend = new TestOrigin(TestOrigin.answering(OK));
        TestFront front = start(kind, true, auth, backend);
        RawClient client = new RawClient(front.port())) {
      assertThat(client.get("/").rest()).startsWith("HTTP/1.1 200");
      assertThat(auth.ends.poll(15, TimeUnit.SECONDS)).contains("Exception");
    }
  }

  @ParameterizedTest
  @EnumSource
  void leavesNothingWhenTheClientHasLeft(TestFront.Kind kind) throws Exception {
    BlockingQueue<String> asked = new LinkedBlockingQueue<>();
    try (TestOrigin auth =
            new TestOrigin(
                talk -> {
                  asked.add(talk.head());
                  assertThat(talk.in.read()).isNegative();
                });
        TestOrigin backend = new TestOrigin(TestOrigin.answering(OK));
        TestFront front = start(kind, true, auth, backend)) {
      try (RawClient client = new RawClient(front.port())) {
        client.get("/");
        assertThat(asked.poll(15, TimeUnit.SECONDS)).isNotNull();
      }
      assertThat(auth.ends.poll(15, TimeUnit.SECONDS)).isNotNull();
      assertThat(backend.connections).hasValue(0);
    }
  }

  @ParameterizedTest
  @CsvSource({"JETTY, true", "TOMCAT, true", "JETTY, false", "TOMCAT, false"})
  void answers500WhereNobodyIsThereToBeAsked(TestFront.Kind kind, boolean async) throws Exception {
    TestOrigin auth = new TestOrigin(TestOrigin.answering(ALLOWED));
    try (TestOrigin backend = new TestOrigin(TestOrigin.answering(OK));
        TestFront front = start(kind, async, auth, backend)) {
      auth.close();
      try (ErrorLog log = new ErrorLog();
          RawClient client = new RawClient(front.port())) {
        assertThat(client.get("/").rest()).startsWith("HTTP/1.1 500");
        assertThat(log.with("auth request unexpected status: 502")).hasSize(1);
      }
      assertThat(backend.connections).hasValue(0);
    }
  }

  /** An upgrade is dialled only when it may be. */
  @ParameterizedTest
  @CsvSource({"JETTY, true", "TOMCAT, true", "JETTY, false", "TOMCAT, false"})
  void authorisesAnUpgradeBeforeItIsDialled(TestFront.Kind kind, boolean allowed) throws Exception {
    try (TestOrigin auth = new TestOrigin(TestOrigin.answering(allowed ? ALLOWED : DENIED));
        TestOrigin backend = new TestOrigin(AuthRequestTest::accepts);
        TestFront front =
            RelaySetup.front(kind, new ProxyServlet(configuration(auth, backend)), 50);
        RawClient client = new RawClient(front.port())) {
      client.send(RelaySetup.handshake());
      assertThat(client.until("\r\n\r\n")).startsWith(allowed ? "HTTP/1.1 101" : "HTTP/1.1 403");
      assertThat(head(auth)).startsWith("GET /auth ").doesNotContain("Upgrade: websocket");
      if (allowed) {
        assertThat(head(backend)).contains("Upgrade: websocket").contains("X-User: alice");
      } else {
        assertThat(backend.connections).hasValue(0);
      }
    }
  }

  private static void accepts(TestOrigin.Talk talk) throws IOException {
    talk.send(Wire.switching(talk.head()));
    talk.in.read();
  }
}
