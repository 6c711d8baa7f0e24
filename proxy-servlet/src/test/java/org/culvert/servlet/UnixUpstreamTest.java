package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Backends behind Unix domain sockets. */
@Timeout(60)
class UnixUpstreamTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private static String ask(TestFront front, String target) throws IOException {
    try (RawClient client = new RawClient(front.port())) {
      return client.get(target).rest();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBackendIsASocketOfTheFileSystem(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin = new TestOrigin(TestOrigin.answering(OK));
        UnixOrigin unix = new UnixOrigin(origin);
        TestFront front =
            TestFront.start(
                kind,
                new ProxyServlet(
                    """
                    upstream app { server unix:%1$s; }
                    server {
                        add_header X-Addr $upstream_addr;
                        add_header X-Proxy "$proxy_host $proxy_port.";
                        location / { proxy_pass http://unix:%1$s; }
                        location /uri/ { proxy_pass http://unix:%1$s:/other/; }
                        location /group { proxy_pass http://app; }
                        location /variable { proxy_pass http://unix:$arg_at:/v$uri; }
                    }
                    """
                        .formatted(unix.path())),
                true)) {
      String address = "X-Addr: unix:" + unix.path() + "\r\n";
      assertThat(ask(front, "/a?b=1"))
          .startsWith("HTTP/1.1 200")
          .contains(address, "X-Proxy: localhost .")
          .endsWith("ok");
      assertThat(heads(origin)).startsWith("GET /a?b=1 HTTP/1.1\r\nHost: localhost\r\n");
      ask(front, "/uri/x");
      assertThat(heads(origin)).startsWith("GET /other/x HTTP/1.1\r\nHost: localhost\r\n");
      assertThat(ask(front, "/group")).contains(address, "X-Proxy: app 80.");
      assertThat(heads(origin)).startsWith("GET /group HTTP/1.1\r\nHost: app\r\n");
      assertThat(ask(front, "/variable?at=" + unix.path()))
          .contains(address, "X-Proxy: localhost .");
      assertThat(heads(origin)).startsWith("GET /v/variable HTTP/1.1\r\nHost: localhost\r\n");
      assertThat(ask(front, "/variable")).startsWith("HTTP/1.1 500 ");
    }
  }

  private static String heads(TestOrigin origin) throws InterruptedException {
    return origin.heads.poll(10, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @EnumSource
  void itsConnectionIsKept(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin = new TestOrigin(TestOrigin.answering(OK));
        UnixOrigin unix = new UnixOrigin(origin);
        TestFront front =
            TestFront.start(
                kind,
                new ProxyServlet("location / { proxy_pass http://unix:" + unix.path() + "; }"),
                true);
        RawClient client = new RawClient(front.port())) {
      for (int i = 0; i < 20; i++) {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
        assertThat(client.answer()).endsWith("ok");
      }
      assertThat(unix.connections).hasValueLessThan(10); // A busy machine may be late to keep one.
    }
  }

  @ParameterizedTest
  @EnumSource
  void aMissingSocketIs502WithNginxsLine(TestFront.Kind kind) throws Exception {
    try (ErrorLog log = new ErrorLog();
        TestFront front =
            TestFront.start(
                kind,
                new ProxyServlet("location / { proxy_pass http://unix:/nowhere.sock:/x; }"),
                true)) {
      assertThat(ask(front, "/a")).startsWith("HTTP/1.1 502 ");
      assertThat(
              log.with(
                  "connect() to unix:/nowhere.sock failed (2: No such file or directory) while"
                      + " connecting to upstream, client: 127.0.0.1"))
          .hasSize(1)
          .allSatisfy(line -> assertThat(line).contains("\"http://unix:/nowhere.sock:/xa\""));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aMissingSocketLeavesTheRequestToTheNextPeer(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin = new TestOrigin(TestOrigin.answering(OK));
        TestFront front =
            TestFront.start(
                kind,
                new ProxyServlet(
                    """
                    upstream app { server unix:/nowhere.sock; server 127.0.0.1:%d backup; }
                    server {
                        add_header X-Addr $upstream_addr;
                        location / { proxy_pass http://app; }
                    }
                    """
                        .formatted(origin.address().getPort())),
                true)) {
      assertThat(ask(front, "/"))
          .contains("X-Addr: unix:/nowhere.sock, 127.0.0.1:" + origin.address().getPort());
    }
  }

  @ParameterizedTest
  @CsvSource({"JETTY,relay", "JETTY,tunnel", "TOMCAT,relay", "TOMCAT,tunnel"})
  void webSocketsGoThereToo(TestFront.Kind kind, String mode) throws Exception {
    String text = "location / { proxy_pass http://unix:%s; proxy_websocket " + mode + "; }";
    try (TestOrigin origin =
            new TestOrigin(
                talk -> {
                  talk.send(Wire.switching(talk.head()));
                  Wire.echo().run(new Wire(talk.in, talk.out, false), talk);
                });
        UnixOrigin unix = new UnixOrigin(origin);
        TestFront front =
            RelaySetup.front(kind, new ProxyServlet(text.formatted(unix.path())), 50);
        RawClient client = new RawClient(front.port())) {
      client.send(RelaySetup.handshake());
      assertThat(client.until("\r\n\r\n")).startsWith("HTTP/1.1 101 ");
      Wire wire =
          new Wire(
              new BufferedInputStream(client.socket.getInputStream()),
              client.socket.getOutputStream(),
              true);
      wire.text("hello");
      assertThat(wire.read().text()).isEqualTo("hello");
    }
  }
}
