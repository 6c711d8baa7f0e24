package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plain requests through the launcher, byte for byte, with a backend that each test plays. */
@Timeout(60)
class CoreFrontTest {
  private static final String CONFIGURATION =
      """
      events {}
      http {
        log_format counted '$request $status $connection_requests $body_bytes_sent $bytes_sent';
        access_log access.log counted;
        keepalive_timeout 1s;
        client_max_body_size 0;
        server {
          listen 127.0.0.1:%1$d;
          location / { proxy_pass http://127.0.0.1:%2$d; }
          location /streamed {
            proxy_pass http://127.0.0.1:%2$d;
            proxy_request_buffering off;
            proxy_http_version 1.1;
            proxy_pass_trailers on;
          }
          location = /unchunked {
            chunked_transfer_encoding off;
            proxy_pass http://127.0.0.1:%2$d;
          }
          location = /local { add_header X-Requests $connection_requests; return 200 "local\\n"; }
          location = /dropped { return 444; }
          location = /small { client_max_body_size 10; proxy_pass http://127.0.0.1:%2$d; }
          location /files/ { root %3$s; }
          location /paged { proxy_pass http://127.0.0.1:1; error_page 502 =503 /local; }
        }
      }
      """;

  /** What the backend does with one connection. */
  private interface Play {
    void with(Socket connection) throws Exception;
  }

  @TempDir Path folder;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private ServerSocket backend;
  private @Nullable Master master;
  private int port;

  @BeforeEach
  void start() throws Exception {
    backend = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    backend.setSoTimeout(20_000);
    port = MasterTest.freePort();
    Files.createDirectories(folder.resolve("files"));
    Files.writeString(folder.resolve("files/a.txt"), "a file".repeat(20_000));
    Files.writeString(
        folder.resolve("culvert.conf"),
        CONFIGURATION.formatted(port, backend.getLocalPort(), folder));
    Command command = new Command(CommandLine.parse("-p", folder.toString(), "-c", "culvert.conf"));
    master = new Master(command, command.read());
    master.start();
  }

  @AfterEach
  void stop() throws Exception {
    backend.close();
    threads.shutdownNow();
    if (master != null) {
      master.close();
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInTheirOrderAndCountedOnOneConnection() throws Exception {
    backend(CoreFrontTest::echoTargets);
    try (Socket client = client()) {
      send(
          client,
          get("/one", "")
              + get("/local", "")
              + get("/three", "")
              + get("/four", "Connection: close\r\n"));
      String all = rest(client);

      assertThat(all.replaceAll("(?s)HTTP/1.1 200 OK\r\n.*?\r\n\r\n", "|"))
          .isEqualTo("|/one|local\n|/three|/four");
    }
    assertThat(logged(4))
        .contains("/one HTTP/1.1 200 1 4 ")
        .contains("/local HTTP/1.1 200 2 6 ")
        .contains("/three HTTP/1.1 200 3 6 ")
        .contains("/four HTTP/1.1 200 4 5 ");
  }

  @Test
  void aKeptConnectionIsClosedAfterItsTimeAndNotDuringARequest() throws Exception {
    backend(
        connection -> {
          head(connection);
          TimeUnit.MILLISECONDS.sleep(2_500); // Longer than the time of a kept connection.
          send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate");
        });
    try (Socket client = client()) {
      send(client, get("/", ""));

      assertThat(rest(client)).endsWith("\r\n\r\nlate");
    }
  }

  /** The socket stays registered for reading, and is readable all the time then. */
  @Test
  void whatComesDuringARequestDoesNotKeepTheSelectorBusy() throws Exception {
    CompletableFuture<Void> asked = new CompletableFuture<>();
    CompletableFuture<Void> measured = new CompletableFuture<>();
    backend(
        connection -> {
          while (true) {
            String target = head(connection).split(" ", 3)[1];
            asked.complete(null);
            measured.get(20, TimeUnit.SECONDS);
            send(
                connection,
                "HTTP/1.1 200 OK\r\nContent-Length: " + target.length() + "\r\n\r\n" + target);
          }
        });
    try (Socket client = client()) {
      send(client, get("/first", ""));
      asked.get(20, TimeUnit.SECONDS);
      send(client, get("/second", "Connection: close\r\n"));
      long before = cpuNanosOfTheServersThreads();
      TimeUnit.MILLISECONDS.sleep(1_000); // What is measured: a second of it.
      long used = cpuNanosOfTheServersThreads() - before;
      measured.complete(null);

      assertThat(used).isLessThan(TimeUnit.MILLISECONDS.toNanos(400));
      assertThat(rest(client)).contains("/first").endsWith("\r\n\r\n/second");
    }
  }

  private static long cpuNanosOfTheServersThreads() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long nanos = 0;
    for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (thread != null && thread.getThreadName().matches("culvert-\\d+")) {
        nanos += threads.getThreadCpuTime(thread.getThreadId());
      }
    }
    return nanos;
  }

  @Test
  void manyRequestsOnOneConnectionFindTheirAnswers() throws Exception {
    backend(CoreFrontTest::echoTargets);
    try (Socket client = client()) {
      for (int i = 0; i < 500; i++) {
        send(client, get("/" + i, ""));

        assertThat(answer(client)).endsWith("\r\n\r\n/" + i);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/streamed"})
  void aChunkedBodyOfALargeUploadReachesASlowBackendWhole(String path) throws Exception {
    int length = 3 << 20;
    CompletableFuture<Integer> received = new CompletableFuture<>();
    backend(
        connection -> {
          head(connection);
          InputStream in = connection.getInputStream();
          int bytes = 0;
          while (true) {
            int size = chunkSize(in);
            bytes += in.readNBytes(size).length;
            line(in);
            if (size == 0) {
              break;
            }
            if (bytes % 7 == 0) {
              TimeUnit.MILLISECONDS.sleep(2);
            }
          }
          received.complete(bytes);
          send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        },
        path.equals("/streamed"),
        received,
        length);
    try (Socket client = client()) {
      send(client, "POST " + path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      byte[] piece = new byte[10_000];
      OutputStream out = client.getOutputStream();
      for (int sent = 0; sent < length; ) {
        int next = Math.min(piece.length, length - sent);
        out.write((Integer.toHexString(next) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.write(piece, 0, next);
        out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
        sent += next;
      }
      send(client, "0\r\n\r\n");

      assertThat(answer(client)).endsWith("\r\n\r\nok");
      assertThat(received.get()).isEqualTo(length);
    }
  }

  /** A buffered body comes with its length instead of in chunks. */
  private void backend(
      Play chunked, boolean streamed, CompletableFuture<Integer> received, int length)
      throws Exception {
    backend(
        streamed
            ? chunked
            : connection -> {
              assertThat(head(connection)).contains("Content-Length: " + length);
              received.complete(connection.getInputStream().readNBytes(length).length);
              send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            });
  }

  @Test
  void aSlowReaderGetsALargeAnswerAndHoldsItsBackendBack() throws Exception {
    int length = 64 << 20;
    long[] sent = new long[1];
    backend(
        connection -> {
          head(connection);
          send(connection, "HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n");
          byte[] piece = new byte[1 << 16];
          for (int at = 0; at < length; at += piece.length) {
            connection.getOutputStream().write(piece);
            sent[0] = at;
          }
        });
    try (Socket client = new Socket()) {
      client.setReceiveBufferSize(64 << 10);
      client.connect(new java.net.InetSocketAddress("127.0.0.1", port));
      client.setSoTimeout(20_000);
      send(client, get("/", ""));
      assertThat(headOf(client.getInputStream())).startsWith("HTTP/1.1 200 ");
      long[] before = {-1};
      Await.until(
          () -> {
            boolean stands = sent[0] > 0 && sent[0] == before[0];
            before[0] = sent[0];
            TimeUnit.MILLISECONDS.sleep(200);
            return stands;
          });

      assertThat(sent[0]).as("sent while nothing is read").isLessThan(32 << 20);
      assertThat(client.getInputStream().readNBytes(length)).hasSize(length);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n"
      })
  void anAnswerThatIsCutStaysRecognisablyIncomplete(String cut) throws Exception {
    backend(
        connection -> {
          head(connection);
          send(connection, cut);
        });
    try (Socket client = client()) {
      send(client, get("/", ""));
      String all = rest(client);

      assertThat(all).contains("only this").doesNotContain("\r\n0\r\n");
    }
  }

  @Test
  void headNotModifiedAndNoContentHaveNoBodyAndKeepTheConnection() throws Exception {
    backend(
        connection -> {
          while (true) {
            String target = head(connection).split(" ", 3)[1];
            send(
                connection,
                switch (target) {
                  case "/head" -> "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
                  case "/304" ->
                      "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 9\r\n\r\n";
                  default -> "HTTP/1.1 204 No Content\r\n\r\n";
                });
          }
        });
    try (Socket client = client()) {
      send(client, "HEAD /head HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(headOf(client.getInputStream())).contains("Content-Length: 1000");
      send(client, get("/304", ""));
      assertThat(headOf(client.getInputStream()))
          .startsWith("HTTP/1.1 304 ")
          .contains("ETag: \"x\"");
      send(client, get("/204", ""));
      assertThat(headOf(client.getInputStream()))
          .startsWith("HTTP/1.1 204 ")
          .doesNotContain("Transfer-Encoding");
      send(client, get("/local", ""));
      assertThat(answer(client)).contains("X-Requests: 4\r\n").endsWith("local\n");
    }
  }

  @Test
  void anExpectingClientIsToldToContinueOnlyWhenItsBodyIsWanted() throws Exception {
    backend(
        connection -> {
          head(connection);
          byte[] body = connection.getInputStream().readNBytes(11);
          send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n");
          connection.getOutputStream().write(body);
        });
    String expecting = "HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n";
    try (Socket client = client()) {
      send(client, "POST / " + expecting);
      assertThat(headOf(client.getInputStream())).startsWith("HTTP/1.1 100 ");
      send(client, "hello world");
      assertThat(answer(client)).startsWith("HTTP/1.1 200 ").endsWith("hello world");
    }
    try (Socket client = client()) {
      send(client, "POST /small " + expecting);
      assertThat(headOf(client.getInputStream())).startsWith("HTTP/1.1 413 ");
    }
  }

  @Test
  void trailersPassBothWays() throws Exception {
    backend(
        connection -> {
          assertThat(head(connection)).startsWith("POST /streamed");
          InputStream in = connection.getInputStream();
          in.readNBytes(chunkSize(in));
          line(in);
          assertThat(chunkSize(in)).isZero();
          String trailer = line(in);
          send(
              connection,
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Back: "
                  + trailer.substring(trailer.indexOf(' ') + 1)
                  + "\r\n\r\n");
        });
    try (Socket client = client()) {
      send(
          client,
          "POST /streamed HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "3\r\nabc\r\n0\r\nX-Sum: 42\r\n\r\n");

      assertThat(rest(client)).endsWith("2\r\nok\r\n0\r\nX-Back: 42\r\n\r\n");
    }
  }

  @Test
  void anAnswerOfUnknownLengthEndsWithItsConnectionWhereItMayHaveNoChunks() throws Exception {
    String body = "a line of the answer\n".repeat(1000);
    backend(
        connection -> {
          head(connection);
          String chunk = Integer.toHexString(body.length()) + "\r\n" + body + "\r\n0\r\n\r\n";
          send(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk);
        });
    try (Socket client = client()) {
      send(client, get("/unchunked", ""));
      String answer = rest(client);
      assertThat(answer).contains("Connection: close\r\n").endsWith("\r\n\r\n" + body);
      assertThat(answer).doesNotContain("Transfer-Encoding", "Content-Length");
    }
  }

  @Test
  void whatHasNotChangedHasNoLength() throws Exception {
    try (Socket client = client()) {
      String fields = "If-None-Match: *\r\nConnection: close\r\n";
      send(client, get("/files/a.txt", fields));
      assertThat(rest(client)).startsWith("HTTP/1.1 304 ").doesNotContain("Content-Length");
    }
  }

  @Test
  void aClientOfHttp10GetsNoChunksAndTheEndOfItsConnection() throws Exception {
    backend(
        connection -> {
          head(connection);
          send(
              connection,
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
        });
    try (Socket client = client()) {
      send(client, "GET / HTTP/1.0\r\n\r\n");

      assertThat(rest(client)).doesNotContain("chunked").endsWith("\r\n\r\nabcdef");
    }
  }

  @Test
  void return444ClosesTheConnectionWithoutAByte() throws Exception {
    try (Socket client = client()) {
      send(client, get("/dropped", ""));

      assertThat(rest(client)).isEmpty();
    }
    assertThat(logged(1)).contains("/dropped HTTP/1.1 444 1 0 0");
  }

  /** By the servlet's way Jetty would answer 404. */
  @Test
  void optionsOfNoPathAreRefusedAsNginxDoes() throws Exception {
    try (Socket client = client()) {
      send(client, "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

      assertThat(rest(client)).startsWith("HTTP/1.1 400 ");
    }
    assertThat(logged(1)).startsWith("OPTIONS * HTTP/1.1 400 1 ");
  }

  @Test
  void filesAndErrorPagesAreSentWhole() throws Exception {
    try (Socket client = client()) {
      send(client, get("/files/a.txt", "Range: bytes=-7\r\n"));
      assertThat(answer(client)).startsWith("HTTP/1.1 206 ").endsWith("\r\n\r\nea file");
      send(client, get("/files/a.txt", ""));
      assertThat(answer(client)).startsWith("HTTP/1.1 200 ").hasSizeGreaterThan(120_000);
      send(client, get("/paged", ""));
      assertThat(answer(client)).startsWith("HTTP/1.1 503 ").endsWith("local\n");
    }
  }

  @Test
  void aBodyThatNobodyReadsDoesNotBecomeTheNextRequest() throws Exception {
    try (Socket client = client()) {
      send(client, "POST /local HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n");
      send(client, get("/dropped", ""));
      send(client, get("/local", "Connection: close\r\n"));
      String all = rest(client);

      assertThat(all).startsWith("HTTP/1.1 200 ");
    }
    assertThat(logged(1)).doesNotContain("/dropped");
  }

  /**
   * A request that names a protocol which nobody speaks goes through the servlet, and is none but a
   * plain one there: both fronts must answer it alike, and log it so.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /a%20b/../c?d=e HTTP/1.1^Host: Name:80^Cookie: a=b^Cookie: c=d",
        "HEAD /head HTTP/1.1^Host: x",
        "GET /chunked HTTP/1.1^Host: x",
        "GET /close HTTP/1.1^Host: x",
        "GET /http10 HTTP/1.0",
        "GET http://other/absolute HTTP/1.1^Host: x",
        "GET //two/.;/x HTTP/1.1^Host: x",
        "GET /%%zz HTTP/1.1^Host: x",
        "GET /../.. HTTP/1.1^Host: x",
        "TRACE / HTTP/1.1^Host: x",
        "GET /local HTTP/1.1^Host: x",
        "GET /dropped HTTP/1.1^Host: x",
        "GET /paged HTTP/1.1^Host: x",
        "GET /files/a.txt HTTP/1.1^Host: x",
        "GET /files/none HTTP/1.1^Host: x",
        "POST /small HTTP/1.1^Host: x^Content-Length: 11",
      })
  void bothFrontsAnswerAlike(String request) throws Exception {
    backend(CoreFrontTest::echoHeads);
    String head = request.replace("^", "\r\n") + "\r\n";
    String last = "Connection: close, upgrade\r\n";

    String byCore = exchange(head + last + "\r\n");
    String byServlet = exchange(head + last + "Upgrade: none\r\n\r\n");

    assertThat(byServlet).isEqualTo(byCore);
    String[] lines = logged(2).split("\n");
    assertThat(lines[1]).isEqualTo(lines[0]);
  }

  /** An answer without its framing and the order of its fields. */
  private String exchange(String request) throws IOException {
    try (Socket client = client()) {
      send(client, request);
      String all = rest(client).replaceAll("Date: .*\r\n", "").toLowerCase(Locale.ROOT);
      int body = all.indexOf("\r\n\r\n") + 4;
      if (body < 4) {
        return all;
      }
      String fields =
          all.substring(0, body - 4)
              .lines()
              .filter(line -> !line.matches("(transfer-encoding|content-length): .*"))
              .sorted()
              .collect(Collectors.joining("\n"));
      boolean chunked = all.substring(0, body).contains("transfer-encoding: chunked");
      String content = all.substring(body);
      return fields
          + "\n\n"
          + (chunked
              ? content.replaceFirst("^[0-9a-f]+\r\n", "").replaceFirst("\r\n0\r\n\r\n$", "")
              : content);
    }
  }

  /** Answers with the head that came, in one of three framings. */
  private static void echoHeads(Socket connection) throws IOException {
    String head = head(connection);
    String framing =
        head.contains("/chunked")
            ? "Transfer-Encoding: chunked\r\n\r\n"
                + Integer.toHexString(head.length())
                + "\r\n"
                + head
                + "\r\n0\r\n\r\n"
            : head.contains("/close")
                ? "\r\n" + head
                : "Content-Length: " + head.length() + "\r\n\r\n" + head;
    send(connection, "HTTP/1.1 200 OK\r\nX-Some: Thing\r\nX-Some: else\r\n" + framing);
  }

  /** A client that leaves: before the answer, in its body, in the answer. */
  @ParameterizedTest
  @ValueSource(strings = {"before", "body", "answer"})
  void aClientThatLeavesIsLoggedAndItsBackendIsLetGo(String stage) throws Exception {
    CompletableFuture<Void> asked = new CompletableFuture<>();
    CompletableFuture<Void> ended = new CompletableFuture<>();
    backend(
        connection -> {
          head(connection);
          if (stage.equals("answer")) {
            send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
          }
          asked.complete(null);
          try {
            byte[] piece = new byte[1 << 16];
            while (stage.equals("answer")) {
              connection.getOutputStream().write(piece);
            }
            connection.getInputStream().transferTo(OutputStream.nullOutputStream());
          } catch (IOException reset) {
            // An end, too.
          }
          ended.complete(null);
        });
    try (Socket client = client()) {
      String body = stage.equals("body") ? "Content-Length: 100\r\n" : "";
      send(client, "POST /streamed HTTP/1.1\r\nHost: x\r\n" + body + "\r\n");
      asked.get(20, TimeUnit.SECONDS);
    }
    ended.get(20, TimeUnit.SECONDS);
    assertThat(logged(1)).contains("POST /streamed HTTP/1.1 499 1 ");
  }

  private void backend(Play play) {
    threads.execute(
        () -> {
          while (true) {
            try {
              Socket connection = backend.accept();
              threads.execute(
                  () -> {
                    try (connection) {
                      connection.setSoTimeout(20_000);
                      play.with(connection);
                    } catch (Exception e) {
                      // The client's side of the test says what is missing.
                    }
                  });
            } catch (IOException closed) {
              return;
            }
          }
        });
  }

  private static void echoTargets(Socket connection) throws IOException {
    while (true) {
      String head = head(connection);
      String target = head.split(" ", 3)[1];
      send(
          connection,
          "HTTP/1.1 200 OK\r\nContent-Length: " + target.length() + "\r\n\r\n" + target);
    }
  }

  private Socket client() throws IOException {
    Socket client = new Socket("127.0.0.1", port);
    client.setSoTimeout(20_000);
    return client;
  }

  private static String get(String path, String fields) {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String head(Socket socket) throws IOException {
    return headOf(socket.getInputStream());
  }

  private static String headOf(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("the end after \"" + head + "\"");
      }
      head.write(next);
    }
    return head.toString(StandardCharsets.US_ASCII);
  }

  /** An answer with a length. */
  private static String answer(Socket client) throws IOException {
    String head = headOf(client.getInputStream());
    String length = head.replaceAll("(?s).*Content-Length: (\\d+)\r\n.*", "$1");
    byte[] body = client.getInputStream().readNBytes(Integer.parseInt(length));
    return head + new String(body, StandardCharsets.US_ASCII);
  }

  private static String rest(Socket client) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      client.getInputStream().transferTo(all);
    } catch (IOException reset) {
      // What came before counts.
    }
    return all.toString(StandardCharsets.US_ASCII);
  }

  private static int chunkSize(InputStream in) throws IOException {
    return Integer.parseInt(line(in), 16);
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new IOException("the end in \"" + line + "\"");
      }
      if (next != '\r') {
        line.append((char) next);
      }
    }
    return line.toString();
  }

  private String logged(int lines) throws Exception {
    Path log = folder.resolve("access.log");
    Await.until(() -> Files.exists(log) && Files.readString(log).lines().count() >= lines);
    return Files.readString(log);
  }
}
