package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.zip.GZIPInputStream;
import org.culvert.encoding.GzipSettings;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.RequestBody;
import org.culvert.http.ClientConnection;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.http.RequestTarget;
import org.culvert.http.ResponseHead;
import org.culvert.observe.ResponseRecord;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** gzip and gunzip on real containers; which answers are compressed is the corpus's to say. */
@Timeout(60)
class GzipTest {
  private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";

  @TempDir Path folder;

  private TestFront front(TestFront.Kind kind, boolean async, TestOrigin origin, String location)
      throws Exception {
    ProxyServlet proxy =
        new ProxyServlet(
            """
            events {}
            http {
              log_format ratio '$status $body_bytes_sent $gzip_ratio';
              access_log %s/access.log ratio;
              gzip on;
              gzip_types *;
              server { location / { proxy_pass http://127.0.0.1:%d; %s } }
            }
            """
                .formatted(folder, origin.address().getPort(), location));
    return TestFront.start(kind, proxy, async);
  }

  /** Asks for gzip; the body as it comes, chunks undone. */
  private static InputStream body(RawClient client) throws IOException {
    client.send("GET / HTTP/1.1\r\nHost: example.org\r\nAccept-Encoding: gzip\r\n\r\n");
    String head = client.until("\r\n\r\n");
    assertThat(head).contains("Content-Encoding: gzip\r\n", "ransfer-Encoding: chunked\r\n");
    return new Chunks(client.socket.getInputStream());
  }

  @ParameterizedTest
  @CsvSource({"JETTY, true", "JETTY, false", "TOMCAT, true", "TOMCAT, false"})
  void anEventPassesBeforeTheBackendHasAnother(TestFront.Kind kind, boolean async)
      throws Exception {
    Semaphore seen = new Semaphore(0);
    try (var origin =
            new TestOrigin(
                talk -> {
                  talk.head();
                  talk.send(
                      HEAD.replace("text/html", "text/event-stream")
                          + "Transfer-Encoding: chunked\r\n\r\n");
                  for (int i = 0; i < 3; i++) {
                    talk.send("9\r\ndata: " + i + "\n\n\r\n");
                    seen.acquire();
                  }
                  talk.send("0\r\n\r\n");
                });
        var front = front(kind, async, origin, "");
        var client = new RawClient(front.port())) {
      InputStream events = new GZIPInputStream(body(client), 1);
      for (int i = 0; i < 3; i++) {
        assertThat(new String(events.readNBytes(9), StandardCharsets.US_ASCII))
            .isEqualTo("data: " + i + "\n\n");
        seen.release();
      }
      assertThat(events.read()).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aLargeAnswerIsWholeAndItsRatioIsLogged(TestFront.Kind kind) throws Exception {
    StringBuilder text = new StringBuilder();
    for (int i = 0; text.length() < 3_000_000; i++) {
      text.append("line ").append(i * 7919L % 100_003).append('\n');
    }
    try (var origin =
            new TestOrigin(
                TestOrigin.answering(
                    HEAD + "Content-Length: " + text.length() + "\r\n\r\n" + text));
        var front = front(kind, true, origin, "");
        var client = new RawClient(front.port())) {
      byte[] got = new GZIPInputStream(body(client)).readAllBytes();
      assertThat(new String(got, StandardCharsets.US_ASCII)).isEqualTo(text.toString());
    }
    // The front is closed: all is written.
    String[] line = Files.readString(folder.resolve("access.log")).strip().split(" ");
    assertThat(line[0]).isEqualTo("200");
    double ratio = Double.parseDouble(line[2]);
    assertThat(ratio).isGreaterThan(2);
    assertThat(text.length() / Double.parseDouble(line[1]) - ratio).isBetween(-0.01, 0.01);
  }

  @ParameterizedTest
  @EnumSource
  void aShortAnswerSaysNoLengthEither(TestFront.Kind kind) throws Exception {
    try (var origin =
            new TestOrigin(
                TestOrigin.answering(HEAD + "Content-Length: 20\r\n\r\n" + "a".repeat(20)));
        var front = front(kind, true, origin, "");
        var client = new RawClient(front.port())) {
      assertThat(new GZIPInputStream(body(client)).readAllBytes()).hasSize(20);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerThatIsCutShortDoesNotLookWhole(TestFront.Kind kind) throws Exception {
    try (var origin =
            new TestOrigin(
                talk -> {
                  talk.head();
                  talk.send(HEAD + "Content-Length: 100\r\n\r\nonly this");
                });
        var front = front(kind, true, origin, "");
        var client = new RawClient(front.port())) {
      InputStream cut = body(client);
      assertThatThrownBy(() -> new GZIPInputStream(cut).readAllBytes())
          .isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBodyThatIsNoGzipIsCutShortWhereItIsToBeUncompressed(TestFront.Kind kind) throws Exception {
    try (var origin =
            new TestOrigin(
                TestOrigin.answering(
                    HEAD + "Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\nabcdefghij"));
        var front = front(kind, true, origin, "gunzip on;");
        var client = new RawClient(front.port())) {
      client.send("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n");
      assertThat(client.rest()).doesNotContain("abc").doesNotContain("\r\n0\r\n");
    }
  }

  /** The leg of a client that says nothing of a write until it is asked to. */
  private static final class Slow implements Downstream {
    final List<Completion> writes = new ArrayList<>();
    final CompletableFuture<Throwable> aborted = new CompletableFuture<>();

    @Override
    public RequestBody body() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void interim(ResponseHead head) {}

    @Override
    public void head(ResponseHead head) {}

    @Override
    public void trailers(HeaderFields trailers) {}

    @Override
    public void write(ByteBuffer piece, boolean flush, Completion done) {
      writes.add(done);
    }

    @Override
    public void complete() {}

    @Override
    public void abort(Throwable cause) {
      aborted.complete(cause);
    }

    @Override
    public boolean isCommitted() {
      return false;
    }

    @Override
    public void onClientGone(Runnable gone) {}
  }

  @Test
  void aPieceIsTakenWhenAllThatComesOfItIsAndNothingIsCodedAfterTheEnd() {
    Scope scope = new Scope();
    HeaderFields fields = HeaderFields.of("Accept-Encoding", "gzip");
    RequestTarget target = new RequestTarget("/", "/", null, "/", null);
    scope.put(
        RequestFacts.class,
        new RequestFacts(
            new RequestHead("GET", "/", "HTTP/1.1", fields),
            target,
            new ClientConnection(
                new InetSocketAddress("127.0.0.1", 1),
                new InetSocketAddress("127.0.0.1", 2),
                "http",
                1,
                1),
            "",
            null,
            "example.org",
            "/"));
    scope.put(ResponseRecord.class, new ResponseRecord());
    GzipSettings off = GzipSettings.OFF;
    GzipSettings on =
        new GzipSettings(
            true, 1, 0, off.types(), off.clients(), false, 1024, off.prepared(), false);
    Slow client = new Slow();
    CodingDownstream leg = new CodingDownstream(client, scope, () -> on);
    leg.head(new ResponseHead(200, null, HeaderFields.of("Content-Type", "text/html")));

    byte[] noise = new byte[2500];
    new Random(1).nextBytes(noise);
    List<String> told = new ArrayList<>();
    Completion done =
        new Completion() {
          @Override
          public void succeeded() {
            told.add("taken");
          }

          @Override
          public void failed(Throwable cause) {
            told.add(String.valueOf(cause.getMessage()));
          }
        };
    leg.write(ByteBuffer.wrap(noise), true, done);
    for (int i = 0; i < 3; i++) {
      assertThat(told).isEmpty();
      assertThat(client.writes).hasSize(i + 1);
      client.writes.get(i).succeeded();
    }
    assertThat(told).containsExactly("taken");

    leg.close();
    leg.write(ByteBuffer.wrap(noise), true, done);
    assertThat(told).containsExactly("taken", "the answer is over");
    assertThat(client.writes).hasSize(3);
  }

  /** A chunked body's bytes as they come. */
  private static final class Chunks extends InputStream {
    private final InputStream in;
    private int left;
    private boolean over;

    Chunks(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      if (over) {
        return -1;
      }
      if (left == 0) {
        left = Integer.parseInt(line().trim(), 16);
        if (left == 0) {
          over = true;
          return -1;
        }
      }
      int octet = in.read();
      if (octet < 0) {
        throw new IOException("cut short");
      }
      if (--left == 0) {
        line();
      }
      return octet;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      int octet = length == 0 ? 0 : read();
      if (octet < 0) {
        return -1;
      }
      into[from] = (byte) octet;
      return Math.min(1, length);
    }

    private String line() throws IOException {
      StringBuilder line = new StringBuilder();
      for (int octet = in.read(); octet != '\n'; octet = in.read()) {
        if (octet < 0) {
          throw new IOException("cut short");
        }
        line.append((char) octet);
      }
      return line.toString();
    }
  }
}
