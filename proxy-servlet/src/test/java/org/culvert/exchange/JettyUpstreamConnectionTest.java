package org.culvert.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.culvert.exchange.ProxySettings.UpstreamTls;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.http.ResponseHead;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections to peers in bytes: what is kept, what is closed, and that nothing is left behind. */
@Timeout(60)
final class JettyUpstreamConnectionTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final Upstreams upstreams = Upstreams.open(List.of(), null);
  private final JettyClient client =
      upstreams.clients().client(new UpstreamTls(false, null, false, null));

  @AfterEach
  void nothingIsLent() {
    await(() -> client.buffers().lent() == 0, () -> client.buffers().lent() + " buffers are lent");
    upstreams.close();
    Upstreams.awaitClosed(Duration.ofSeconds(20));
  }

  private static void await(BooleanSupplier condition, java.util.function.Supplier<String> else_) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(else_).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  /** What a peer does with one connection. */
  private interface Script {
    void run(Socket socket, InputStream in) throws Exception;
  }

  private static final class PeerSocket implements Closeable {
    final ServerSocket server = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
    final AtomicInteger accepted = new AtomicInteger();
    final AtomicInteger open = new AtomicInteger();

    PeerSocket(Script script) throws IOException {
      thread(
          () -> {
            while (true) {
              Socket socket = server.accept();
              accepted.incrementAndGet();
              open.incrementAndGet();
              thread(
                  () -> {
                    try (socket) {
                      script.run(socket, socket.getInputStream());
                    } finally {
                      open.decrementAndGet();
                    }
                  });
            }
          });
    }

    private interface Work {
      void run() throws Exception;
    }

    private static void thread(Work work) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  work.run();
                } catch (Exception e) {
                  // The other side, or the test, has closed.
                }
              });
      thread.setDaemon(true);
      thread.start();
    }

    JettyOrigin origin() {
      return new JettyOrigin(
          "http",
          "peer",
          new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()),
          "peer",
          100,
          LocalAddress.ANY);
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("closed after \"" + head + '"');
      }
      head.append((char) b);
    }
    return head.toString();
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.replace("|", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
  }

  /** One exchange, whose answer is read to its end. */
  private final class Get implements AttemptListener {
    final CompletableFuture<String> answer = new CompletableFuture<>();
    final CompletableFuture<JettyUpstreamConnection> connection = new CompletableFuture<>();
    volatile JettyUpstreamConnection from;
    final StringBuilder text = new StringBuilder();
    final Queue<AnswerBody.Piece> held = new ConcurrentLinkedQueue<>();
    final AtomicInteger ends = new AtomicInteger();
    final String target;
    final RequestBody body;
    volatile JettyRequestSending sending;
    volatile boolean reused;
    volatile HeaderFields trailers = new HeaderFields();

    Get(String target, RequestBody body) {
      this.target = target;
      this.body = body;
    }

    Get start(JettyOrigin origin) {
      client.connect(
          origin,
          false,
          LIMIT,
          new JettyClient.Dialled() {
            @Override
            public void connected(JettyUpstreamConnection to, boolean again) {
              reused = again;
              from = to;
              if (!to.begin(Get.this, false, 4096, body != null, LIMIT)) {
                broken(new IOException("not begun"));
                return;
              }
              sending =
                  new JettyRequestSending(
                      to, client, Get.this, body, sent -> {}, LIMIT, Get.this::timedOut);
              sending.start(
                  new RequestHead("GET", target, "HTTP/1.1", HeaderFields.of("Host", "h")), origin);
              connection.complete(to); // Given up before, it would not be begun yet.
            }

            @Override
            public void failed(GatewayFailure failure) {
              answer.completeExceptionally(failure);
            }
          });
      return this;
    }

    void abort() {
      connection.join().abort(this, new IOException("given up"));
    }

    @Override
    public void answered(ResponseHead head) {
      text.append(head.status()).append(' ');
      read();
    }

    private void read() {
      while (true) {
        AnswerBody.Piece piece = from.read(this);
        if (piece == null) {
          from.demand(this, this::read);
          return;
        }
        Throwable failure = piece.failure();
        if (failure != null) {
          answer.completeExceptionally(failure);
          return;
        }
        text.append(StandardCharsets.ISO_8859_1.decode(piece.bytes().duplicate()));
        piece.release();
        if (piece.isLast()) {
          answer.complete(text.toString());
          return;
        }
      }
    }

    String get() throws Exception {
      return answer.get(15, TimeUnit.SECONDS);
    }

    @Override
    public void broken(Throwable cause) {
      connection.complete(from);
      ends.incrementAndGet();
      JettyRequestSending request = sending;
      if (request != null) {
        request.stop();
      }
      answer.completeExceptionally(cause);
    }

    @Override
    public void trailers(HeaderFields fields) {
      trailers = fields;
    }

    @Override
    public void ended() {
      ends.incrementAndGet();
      sending.stop();
    }

    @Override
    public void timedOut() {
      from.abort(this, new IOException("timed out"));
    }

    @Override
    public boolean mayWait() {
      return false;
    }
  }

  private Get get(PeerSocket peer, String target) {
    return new Get(target, null).start(peer.origin());
  }

  @Test
  void oneConnectionServesOneRequestAfterAnother() throws Exception {
    String[] answers = {
      "HTTP/1.1 200 OK|Content-Length: 2||ab",
      "HTTP/1.1 204 None||",
      "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1|c|0|T: u||",
      "HTTP/1.1 103 Hints||HTTP/1.0 200 OK|Connection: keep-alive|Content-Length: 0||"
    };
    try (PeerSocket peer =
        new PeerSocket(
            (socket, in) -> {
              for (int i = 0; ; i++) {
                head(in);
                send(socket, answers[i % answers.length]);
              }
            })) {
      for (int i = 0; i < 40; i++) {
        Get get = get(peer, "/");
        assertThat(get.get()).isEqualTo(List.of("200 ab", "204 ", "200 c", "200 ").get(i % 4));
        assertThat(get.reused).isEqualTo(i > 0);
        assertThat(get.trailers.joined("T")).isEqualTo(i % 4 == 2 ? "u" : null);
        await(() -> get.ends.get() == 1, () -> "not ended");
        assertThat(client.buffers().lent()).as("an idle connection has no buffer").isZero();
      }
      assertThat(peer.accepted).hasValue(1);
    }
  }

  @Test
  void whatIsNotToBeKeptIsClosed() throws Exception {
    for (String answer :
        new String[] {
          "HTTP/1.1 200 OK|Content-Length: 1||abytes that nobody asked for",
          "HTTP/1.1 200 OK|Content-Length: 1||aHTTP/1.1 200 OK|Content-Length: 4||evil",
          "HTTP/1.1 200 OK|Connection: close|Content-Length: 1||a",
          "HTTP/1.0 200 OK|Content-Length: 1||a",
        }) {
      try (PeerSocket peer =
          new PeerSocket(
              (socket, in) -> {
                head(in);
                send(socket, answer);
                assertThat(in.read()).isNegative();
              })) {
        assertThat(get(peer, "/").get()).as(answer).isEqualTo("200 a");
        await(() -> peer.open.get() == 0, () -> "kept after " + answer);
        Get next = get(peer, "/");
        assertThat(next.get()).isEqualTo("200 a");
        assertThat(next.reused).isFalse();
      }
    }
  }

  @Test
  void whatComesBetweenTwoRequestsReachesNone() throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    try (PeerSocket peer =
        new PeerSocket(
            (socket, in) -> {
              head(in);
              send(socket, "HTTP/1.1 200 OK|Content-Length: 1||a");
              read.await();
              send(socket, "HTTP/1.1 200 OK|Content-Length: 4||evil");
              assertThat(in.read()).isNegative();
            })) {
      assertThat(get(peer, "/").get()).isEqualTo("200 a");
      read.countDown();
      await(() -> peer.open.get() == 0, () -> "not closed");
      Get next = get(peer, "/");
      assertThat(next.get()).isEqualTo("200 a");
      assertThat(next.reused).isFalse();
    }
  }

  @Test
  void anIdleConnectionThatThePeerClosesIsForgotten() throws Exception {
    try (PeerSocket peer =
        new PeerSocket(
            (socket, in) -> {
              head(in);
              send(socket, "HTTP/1.1 200 OK|Content-Length: 1||a");
            })) {
      for (int i = 0; i < 20; i++) {
        Get get = get(peer, "/");
        JettyUpstreamConnection connection = get.connection.get(15, TimeUnit.SECONDS);
        assertThat(get.get()).isEqualTo("200 a");
        await(() -> !connection.isUsable(), () -> "not noticed");
        assertThat(get.reused).isFalse();
      }
    }
  }

  @Test
  void anAnswerBeforeTheRequestIsWholeEndsBoth() throws Exception {
    RequestBody endless =
        new RequestBody() {
          @Override
          public long length() {
            return -1;
          }

          @Override
          public int read(ByteBuffer into) {
            int room = into.remaining();
            into.put(new byte[room]);
            return room;
          }

          @Override
          public void demand(Runnable ready) {
            ready.run();
          }

          @Override
          public HeaderFields trailers() {
            return new HeaderFields();
          }
        };
    try (PeerSocket peer =
        new PeerSocket(
            (socket, in) -> {
              head(in);
              send(socket, "HTTP/1.1 413 No|Content-Length: 1||a");
              socket.shutdownOutput();
              while (in.read(new byte[65536]) >= 0) {
                // Until the proxy ends it.
              }
            })) {
      CompletableFuture<Get> started = new CompletableFuture<>();
      Thread sender =
          new Thread(() -> started.complete(new Get("/", endless).start(peer.origin())));
      sender.start();
      assertThat(started.get(15, TimeUnit.SECONDS).get()).isEqualTo("413 a");
      await(() -> peer.open.get() == 0, () -> "still sending");
      sender.join();
    }
  }

  /** A body that has something now and then, and is asked for more once, as containers' are. */
  private static final class Sporadic implements RequestBody {
    private static final int LENGTH = 50_000_000;
    private final ExecutorService container = Executors.newSingleThreadExecutor();
    private final AtomicInteger demands = new AtomicInteger();
    private int left = LENGTH;
    private int turn;

    @Override
    public long length() {
      return LENGTH;
    }

    @Override
    public synchronized int read(ByteBuffer into) {
      if (left == 0) {
        return -1;
      }
      if (demands.get() > 0 || ++turn % 3 == 0) {
        return 0;
      }
      int count = Math.min(left, into.remaining());
      into.put(new byte[count]);
      left -= count;
      return count;
    }

    @Override
    public void demand(Runnable ready) {
      if (demands.incrementAndGet() > 1) {
        throw new IllegalStateException("two demands for one body");
      }
      container.execute(
          () -> {
            demands.decrementAndGet();
            ready.run();
          });
    }

    @Override
    public HeaderFields trailers() {
      return new HeaderFields();
    }
  }

  @Test
  void aBodyThatComesNowAndThenIsAskedForMoreOnceHoweverThePeerTakesIt() throws Exception {
    Sporadic body = new Sporadic();
    try (PeerSocket peer =
        new PeerSocket(
            (socket, in) -> {
              head(in);
              byte[] some = new byte[30_000];
              for (int left = Sporadic.LENGTH; left > 0; ) {
                left -= in.read(some); // Slower than it is sent: writes wait.
              }
              send(socket, "HTTP/1.1 200 OK|Content-Length: 1||a");
            })) {
      Get get = new Get("/", body).start(peer.origin());
      assertThat(get.answer.get(30, TimeUnit.SECONDS)).isEqualTo("200 a");
    } finally {
      body.container.shutdownNow();
    }
  }

  /** Aborts from another thread, after each of the bytes that the peer sends. */
  @Test
  void anAbortAtAnyTimeLeavesNeitherBufferNorConnection() throws Exception {
    String answer = "HTTP/1.1 200 OK|Transfer-Encoding: chunked||3|abc|0|T: u||";
    byte[] bytes = answer.replace("|", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    try (PeerSocket peer =
        new PeerSocket(
            (socket, in) -> {
              String head = head(in);
              int count = Integer.parseInt(head.substring(5, head.indexOf(' ', 5)));
              socket.getOutputStream().write(bytes, 0, count);
              while (in.read() >= 0) {
                // Until the proxy closes it.
              }
            })) {
      for (int round = 0; round < 4; round++) {
        for (int count = 0; count < bytes.length; count++) {
          Get get = get(peer, "/" + count);
          get.connection.get(15, TimeUnit.SECONDS);
          for (int spin = ThreadLocalRandom.current().nextInt(20_000); spin > 0; spin--) {
            Thread.onSpinWait();
          }
          get.abort();
          await(get.answer::isDone, () -> "no end");
          assertThat(get.answer.isCompletedExceptionally()).isTrue();
        }
      }
      await(() -> peer.open.get() == 0, () -> peer.open + " connections are left");
    }
  }

  /**
   * Many requests at once to a peer that cuts, resets, adds and lies at random, some of them given
   * up: whoever gets bytes gets his own (docs/decisions.md).
   */
  @Test
  void connectionsUnderFaultsNeverMeet() throws Exception {
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    AtomicInteger whole = new AtomicInteger();
    try (PeerSocket peer =
        new PeerSocket(
            (socket, in) -> {
              while (true) {
                String head = head(in);
                faulty(socket, head.substring(5, head.indexOf(' ', 5)));
              }
            })) {
      Thread[] threads = new Thread[6];
      for (int t = 0; t < threads.length; t++) {
        String name = "t" + t;
        threads[t] = new Thread(() -> requests(peer, name, wrong, whole));
        threads[t].start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(wrong).isEmpty();
      assertThat(whole).hasValueGreaterThan(500);
    }
  }

  private void requests(PeerSocket peer, String name, Queue<String> wrong, AtomicInteger whole) {
    Random random = new Random(name.hashCode());
    for (int i = 0; i < 400; i++) {
      String tag = name + "-" + i + ";";
      Get get = get(peer, "/" + tag);
      if (random.nextInt(10) == 0) {
        get.connection.orTimeout(15, TimeUnit.SECONDS).join();
        get.abort();
      }
      try {
        get.answer.orTimeout(15, TimeUnit.SECONDS).join();
        whole.incrementAndGet();
      } catch (RuntimeException e) {
        if (e.getCause() instanceof java.util.concurrent.TimeoutException) {
          wrong.add(tag + " has no end");
        }
      }
      String got = get.text.toString().replaceFirst("^200 ", "");
      if (!tag.repeat(got.length() / tag.length() + 1).startsWith(got)) {
        wrong.add(tag + " got " + got.substring(0, Math.min(80, got.length())));
      }
    }
  }

  private static void faulty(Socket socket, String tag) throws IOException {
    Random random = ThreadLocalRandom.current();
    String body = tag.repeat(1 + random.nextInt(random.nextInt(8) == 0 ? 20_000 : 20));
    String answer = "HTTP/1.1 200 OK|Content-Length: " + body.length() + "||" + body;
    switch (random.nextInt(8)) {
      case 0 -> {
        send(socket, answer.substring(0, random.nextInt(answer.length())));
        throw new IOException("cut");
      }
      case 1 -> {
        send(socket, answer.substring(0, random.nextInt(answer.length())));
        socket.setSoLinger(true, 0);
        throw new IOException("reset");
      }
      case 2 -> send(socket, answer + "HTTP/1.1 200 OK|Content-Length: 5||other");
      case 3 -> send(socket, "HTTP/1.1 200 OK|Content Length||" + body);
      default -> send(socket, answer);
    }
  }
}
