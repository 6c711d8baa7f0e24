package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two gigabytes each way through a launcher that has 64 MB for everything. */
@Tag("long")
@Timeout(240)
class LargeBodyIT {
  private static final long LENGTH = 2L << 30;
  private static final Path JAR =
      Path.of(System.getProperty("culvert.root", "../.."))
          .resolve("distribution/launcher/target/culvert.jar");

  @TempDir Path prefix;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer backend;
  private Process launcher;
  private int port;

  @BeforeEach
  void start() throws Exception {
    backend = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    backend.setExecutor(threads);
    backend.createContext("/", LargeBodyIT::answer);
    backend.start();
    port = MasterTest.freePort();
    Files.createDirectories(prefix.resolve("conf"));
    Files.writeString(
        prefix.resolve("conf/nginx.conf"),
        """
        http {
            access_log off;
            client_max_body_size 0;
            server {
                listen 127.0.0.1:%1$d;
                location /on { proxy_pass http://127.0.0.1:%2$d; }
                location /off {
                    proxy_pass http://127.0.0.1:%2$d;
                    proxy_buffering off;
                    proxy_request_buffering off;
                }
            }
        }
        """
            .formatted(port, backend.getAddress().getPort()));
    launcher =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx64m",
                "-XX:+ExitOnOutOfMemoryError",
                "-Djava.io.tmpdir=" + prefix,
                "-jar",
                JAR.toString(),
                "-p",
                prefix.toString())
            .inheritIO()
            .start();
    Await.until(() -> Files.exists(prefix.resolve("logs/culvert.pid")));
  }

  @AfterEach
  void stop() throws Exception {
    backend.stop(0);
    threads.shutdownNow();
    launcher.destroyForcibly().waitFor();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/on", "/off"})
  void passInBoundedMemory(String path) throws Exception {
    HttpURLConnection down = open(path);
    assertThat(count(down.getInputStream())).isEqualTo(LENGTH);

    HttpURLConnection up = open(path);
    up.setRequestMethod("PUT");
    up.setDoOutput(true);
    up.setFixedLengthStreamingMode(LENGTH);
    write(up.getOutputStream());
    assertThat(new String(up.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
        .isEqualTo(Long.toString(LENGTH));

    assertThat(launcher.isAlive()).isTrue();
  }

  private HttpURLConnection open(String path) throws IOException {
    return (HttpURLConnection)
        URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (exchange.getRequestMethod().equals("GET")) {
        exchange.sendResponseHeaders(200, LENGTH);
        write(exchange.getResponseBody());
      } else {
        byte[] counted =
            Long.toString(count(exchange.getRequestBody())).getBytes(StandardCharsets.US_ASCII);
        exchange.sendResponseHeaders(200, counted.length);
        exchange.getResponseBody().write(counted);
      }
    }
  }

  private static long count(InputStream body) throws IOException {
    byte[] piece = new byte[64 * 1024];
    long count = 0;
    for (int n = body.read(piece); n >= 0; n = body.read(piece)) {
      count += n;
    }
    return count;
  }

  private static void write(OutputStream body) throws IOException {
    byte[] piece = new byte[64 * 1024];
    for (long left = LENGTH; left > 0; left -= piece.length) {
      body.write(piece);
    }
  }
}
