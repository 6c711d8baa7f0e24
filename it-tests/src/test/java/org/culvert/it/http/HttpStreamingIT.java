package org.culvert.it.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import org.culvert.it.Archives;
import org.culvert.it.Await;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.After;
import org.culvert.it.origin.Handed;
import org.culvert.it.origin.Origin;
import org.culvert.it.origin.Pattern;
import org.culvert.it.wire.Head;
import org.culvert.it.wire.RawClient;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bodies flow as they come, at the pace of the slower side, in bounded memory. */
@ArquillianTest
class HttpStreamingIT {
  private static final Origin ORIGIN = Origin.shared();
  private static final int MEGABYTE = 1024 * 1024;

  private static final String CONFIGURATION =
      """
      client_max_body_size 0;
      location / {
          proxy_pass %1$s;
          proxy_pass_trailers on;
          proxy_buffering off;
          proxy_request_buffering off;
      }
      location /buffered/ {
          proxy_pass %1$s;
      }
      """
          .formatted(ORIGIN.url());

  @Deployment(name = "root", testable = false)
  static WebArchive root() {
    return Archives.war(Mount.ROOT, CONFIGURATION);
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return Archives.war(Mount.APP, CONFIGURATION);
  }

  private static RawClient client() throws Exception {
    return new RawClient(Running.port());
  }

  @EveryMount
  void aPieceOfTheAnswerComesBeforeTheNextIsSent(Mount mount) throws Exception {
    assertStreams(mount, "/events");
  }

  @EveryMount
  void aBufferedAnswerIsNotKeptBackEither(Mount mount) throws Exception {
    assertStreams(mount, "/buffered/events");
  }

  private static void assertStreams(Mount mount, String prefix) throws Exception {
    String path = ORIGIN.on(prefix, new Behaviour.HandOver());
    try (RawClient client = client()) {
      client.request("GET " + mount.path(path));
      try (Handed backend = ORIGIN.take(path)) {
        backend.wire().send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        Head head = client.readHead();
        assertThat(head.chunked()).isTrue();
        for (String event : new String[] {"one", "two", "three"}) {
          backend.wire().sendChunk(event.getBytes(StandardCharsets.UTF_8));
          assertThat(client.readChunk()).asString().isEqualTo(event);
        }
        backend.wire().sendChunk(new byte[0]);
        assertThat(client.readChunk()).isNull();
      }
    }
  }

  @EveryMount
  void aPieceOfTheRequestComesBeforeTheNextIsSent(Mount mount) throws Exception {
    String path = ORIGIN.on("/upload", new Behaviour.HandOver());
    try (RawClient client = client()) {
      client.request("POST " + mount.path(path), "Transfer-Encoding: chunked");
      client.sendChunk("one".getBytes(StandardCharsets.UTF_8));
      try (Handed backend = ORIGIN.take(path)) {
        assertThat(backend.head().chunked()).isTrue();
        assertThat(backend.wire().readChunk()).asString().isEqualTo("one");
        client.sendChunk("two".getBytes(StandardCharsets.UTF_8));
        assertThat(backend.wire().readChunk()).asString().isEqualTo("two");
        client.sendChunk(new byte[0]);
        assertThat(backend.wire().readChunk()).isNull();
        backend.wire().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        assertThat(client.answer().text()).isEqualTo("ok");
      }
    }
  }

  @EveryMount
  void anAnswerMayComeBeforeTheRequestEnds(Mount mount) throws Exception {
    String path = ORIGIN.on("/duplex", new Behaviour.EchoBody());
    try (RawClient client = client()) {
      client.request("POST " + mount.path(path), "Transfer-Encoding: chunked");
      client.sendChunk("ping".getBytes(StandardCharsets.UTF_8));
      Head head = client.readHead();
      assertThat(head.status()).isEqualTo(200);
      assertThat(client.readChunk()).asString().isEqualTo("ping");
      client.sendChunk("pong".getBytes(StandardCharsets.UTF_8));
      assertThat(client.readChunk()).asString().isEqualTo("pong");
      client.sendChunk(new byte[0]);
      assertThat(client.readChunk()).isNull();
    }
  }

  @EveryMount
  void aBufferedRequestDialsOnlyWhenItIsComplete(Mount mount) throws Exception {
    String path = ORIGIN.on("/buffered/upload", new Behaviour.HandOver());
    try (RawClient client = client()) {
      client.request("POST " + mount.path(path), "Transfer-Encoding: chunked");
      client.sendChunk(new byte[100_000]);
      assertThat(ORIGIN.handsOverNothing(path, Duration.ofMillis(300))).isTrue();
      client.sendChunk(new byte[1]);
      client.sendChunk(new byte[0]);
      try (Handed backend = ORIGIN.take(path)) {
        assertThat(backend.wire().readBody(backend.head())).hasSize(100_001);
        backend.wire().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        assertThat(client.answer().text()).isEqualTo("ok");
      }
    }
    assertNoTemporaryFile();
  }

  @EveryMount
  void aBufferedRequestThatIsNeverCompletedLeavesNothing(Mount mount) throws Exception {
    String path = ORIGIN.on("/buffered/half", new Behaviour.HandOver());
    try (RawClient client = client()) {
      client.request("POST " + mount.path(path), "Content-Length: 1000000");
      client.send(new byte[200_000]);
      assertThat(Await.until(Duration.ofSeconds(5), () -> !temporaryFiles().isEmpty()))
          .as("spilled to disk")
          .isTrue();
      client.reset();
    }
    assertThat(ORIGIN.handsOverNothing(path, Duration.ofMillis(100))).isTrue();
    assertNoTemporaryFile();
  }

  @EveryMount
  void aBufferedRequestOfARefusedPathLeavesNothing(Mount mount) throws Exception {
    String path = ORIGIN.on("/buffered/reset", Behaviour.reset());
    try (RawClient client = client()) {
      byte[] body = new byte[200_000];
      assertThat(client.request("POST " + mount.path(path), body).answer().status()).isEqualTo(502);
    }
    assertNoTemporaryFile();
  }

  private static void assertNoTemporaryFile() throws Exception {
    assertThat(Await.until(Duration.ofSeconds(5), () -> temporaryFiles().isEmpty()))
        .as("left: " + temporaryFiles())
        .isTrue();
  }

  /** Files of the proxy's that this JVM has open or has left; those unlinked at once among them. */
  private static List<String> temporaryFiles() throws Exception {
    List<String> files = new ArrayList<>();
    try (DirectoryStream<Path> left =
        Files.newDirectoryStream(Path.of(System.getProperty("java.io.tmpdir")), "culvert*")) {
      left.forEach(file -> files.add(file.toString()));
    }
    try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : open) {
        try {
          String target = Files.readSymbolicLink(descriptor).toString();
          if (target.contains("culvert-body")) {
            files.add(target);
          }
        } catch (IOException closedMeanwhile) {
          // not open any more
        }
      }
    }
    return files;
  }

  @EveryMount
  void passesTrailers(Mount mount) throws Exception {
    String path =
        ORIGIN.on(
            "/trailers",
            Behaviour.bytes(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                    + "4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n",
                After.KEEP_ALIVE));
    try (RawClient client = client()) {
      var answer = client.request("GET " + mount.path(path), "TE: trailers").answer();
      assertThat(answer.text()).isEqualTo("body");
      assertThat(client.trailers().toString().toLowerCase(java.util.Locale.ROOT))
          .isEqualTo("[x-sum: 42]");
    }
  }

  @EveryMount
  void largeBodiesArriveWhole(Mount mount) throws Exception {
    long length = 20L * MEGABYTE + 12345;
    for (String prefix : new String[] {"", "/buffered"}) {
      String down = ORIGIN.on(prefix + "/down", new Behaviour.Flood(length, prefix.isEmpty()));
      String up = ORIGIN.on(prefix + "/up", new Behaviour.Measure());
      try (RawClient client = client()) {
        Head head = client.request("GET " + mount.path(down)).readHead();
        assertThat(crcOf(client, head)).isEqualTo(Pattern.crc(length));
        client.request("PUT " + mount.path(up), "Content-Length: " + length);
        for (long left = length; left > 0; left -= Pattern.piece().length) {
          client.send(Pattern.piece(), 0, (int) Math.min(left, Pattern.piece().length));
        }
        assertThat(client.answer().text())
            .isEqualTo(length + " " + Long.toHexString(Pattern.crc(length)));
      }
    }
  }

  private static long crcOf(RawClient client, Head head) throws Exception {
    CRC32 crc = new CRC32();
    if (head.chunked()) {
      for (byte[] chunk = client.readChunk(); chunk != null; chunk = client.readChunk()) {
        crc.update(chunk);
      }
    } else {
      byte[] buffer = new byte[64 * 1024];
      for (long left = head.length(); left > 0; ) {
        byte[] into = left < buffer.length ? new byte[(int) left] : buffer;
        int n = client.read(into);
        assertThat(n).isPositive();
        crc.update(into, 0, n);
        left -= n;
      }
    }
    return crc.getValue();
  }

  @EveryMount
  void aSlowReaderHoldsTheBackendBack(Mount mount) throws Exception {
    String path = ORIGIN.on("/slow", new Behaviour.HandOver());
    AtomicLong sent = new AtomicLong();
    try (RawClient client = client()) {
      client.request("GET " + mount.path(path));
      try (Handed backend = ORIGIN.take(path)) {
        backend.wire().send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        client.readHead();
        Thread sender = pump(backend, sent);
        awaitStandstill(sent);
        assertThat(sent.get()).as("sent to a client that reads nothing").isLessThan(64 * MEGABYTE);
        long before = sent.get();
        for (long read = 0; read < 2 * before; ) {
          read += client.readChunk().length;
        }
        assertThat(sent.get()).isGreaterThan(before);
        client.abandon();
        client.reset();
        sender.join(10_000);
        assertThat(sender.isAlive()).isFalse();
      }
    }
  }

  private static Thread pump(Handed to, AtomicLong sent) {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (true) {
                  to.wire().sendChunk(Pattern.piece());
                  sent.addAndGet(Pattern.piece().length);
                }
              } catch (IOException end) {
                // the reader went away
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Waits until a counter has not moved for half a second. */
  private static void awaitStandstill(AtomicLong counter) throws InterruptedException {
    long last = -1;
    while (last != counter.get()) {
      last = counter.get();
      TimeUnit.MILLISECONDS.sleep(500);
    }
  }

  @EveryMount
  void aBackendThatReadsNothingHoldsTheClientBack(Mount mount) throws Exception {
    String path = ORIGIN.on("/unread", new Behaviour.HandOver());
    AtomicLong sent = new AtomicLong();
    try (RawClient client = client()) {
      client.request("POST " + mount.path(path), "Transfer-Encoding: chunked");
      client.sendChunk(new byte[] {1});
      try (Handed backend = ORIGIN.take(path)) {
        Thread sender = pump(new Handed(backend.head(), client), sent);
        awaitStandstill(sent);
        assertThat(sent.get())
            .as("taken for a backend that reads nothing")
            .isLessThan(64 * MEGABYTE);
        client.abandon();
        client.reset();
        sender.join(10_000);
        assertThat(sender.isAlive()).isFalse();
      }
    }
  }

  @EveryMount
  void fiveHundredOpenStreamsToOnePeerAllFlow(Mount mount) throws Exception {
    int count = 500;
    String path = ORIGIN.on("/stream", new Behaviour.HandOver());
    List<RawClient> clients = new ArrayList<>();
    List<Handed> backends = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        RawClient client = client();
        clients.add(client);
        client.request("GET " + mount.path(path));
        Handed backend = ORIGIN.take(path);
        backends.add(backend);
        backend.wire().send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      }
      for (Handed backend : backends) {
        backend.wire().sendChunk("tick".getBytes(StandardCharsets.UTF_8));
      }
      for (RawClient client : clients) {
        assertThat(client.readHead().status()).isEqualTo(200);
        assertThat(client.readChunk()).asString().isEqualTo("tick");
      }
      for (Handed backend : backends) {
        backend.wire().sendChunk(new byte[0]);
      }
      for (RawClient client : clients) {
        assertThat(client.readChunk()).isNull();
      }
    } finally {
      for (AutoCloseable one : backends) {
        one.close();
      }
      for (RawClient client : clients) {
        client.abandon();
        client.close();
      }
    }
  }

  @EveryMount
  void aHundredStalledBackendsDoNotDelayAPlainRequest(Mount mount) throws Exception {
    String stalled = ORIGIN.on("/stalled", Behaviour.stall());
    String plain = ORIGIN.on("/plain", Behaviour.answer(200, "ok"));
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 100; i++) {
        RawClient client = client();
        clients.add(client);
        client.request("GET " + mount.path(stalled));
      }
      ORIGIN.await(stalled, 100);
      Await.atLeastOnce(
          () -> {
            long start = System.nanoTime();
            try (RawClient client = client()) {
              assertThat(client.request("GET " + mount.path(plain)).answer().text())
                  .isEqualTo("ok");
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isLessThan(Duration.ofSeconds(1));
          });
    } finally {
      for (RawClient client : clients) {
        client.abandon();
        client.close();
      }
    }
  }

  @Tag("long")
  @Test
  @Timeout(90)
  void anAnswerAfterFortySecondsIsPassed() throws Exception {
    List<RawClient> clients = new ArrayList<>();
    for (Mount mount : Mount.values()) { // at once: each takes its time
      Behaviour late = Behaviour.answer(200, "late");
      String path = ORIGIN.on("/late", new Behaviour.Delayed(Duration.ofSeconds(40), late));
      RawClient client = client();
      clients.add(client);
      client.patience(Duration.ofSeconds(60));
      client.request("GET " + mount.path(path));
    }
    for (RawClient client : clients) {
      try (client) {
        assertThat(client.answer().text()).isEqualTo("late");
      }
    }
  }

  @EveryMount
  void piecesOfEverySizeArriveWhole(Mount mount) throws Exception {
    String path = ORIGIN.on("/echo", new Behaviour.EchoBody());
    try (RawClient client = client()) {
      for (int size : new int[] {0, 1, 4095, 4096, 4097, 8191, 8192, 16384, 65536, 300_001}) {
        byte[] body = new byte[size];
        Arrays.fill(body, (byte) 'x');
        assertThat(client.request("PUT " + mount.path(path), body).answer().body()).isEqualTo(body);
      }
    }
  }
}
