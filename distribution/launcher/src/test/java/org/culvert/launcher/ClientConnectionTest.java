package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a client's head may be and how its connection is kept, where nginx 1.22 has no word on it.
 */
@Timeout(60)
class ClientConnectionTest extends RunningMaster {
  @TempDir Path folder;
  private int port;

  @BeforeEach
  void start() throws Exception {
    port = MasterTest.freePort();
    Files.writeString(
        folder.resolve("culvert.conf"),
        """
        events {}
        http {
          access_log off;
          max_headers 3;
          server {
            listen 127.0.0.1:%d;
            error_page 494 =431 @long;
            location @long { return 431 "long\\n"; }
            location /kept { keepalive_min_timeout 2s; return 200 kept; }
            location / { return 200 "ok $connection_requests\\n"; }
          }
        }
        """
            .formatted(port));
    Command command = new Command(CommandLine.parse("-p", folder.toString(), "-c", "culvert.conf"));
    run(command);
  }

  private Socket send(String request) throws IOException {
    Socket client = new Socket("127.0.0.1", port);
    client.setSoTimeout(20_000);
    client.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
    return client;
  }

  private static String rest(Socket client) throws IOException {
    return new String(client.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  @Test
  void countsFieldsByMaxHeaders() throws Exception {
    try (Socket client = send("GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nConnection: close\r\n\r\n")) {
      assertThat(rest(client)).startsWith("HTTP/1.1 200 OK\r\n");
    }
    try (Socket client = send("GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nA: 2\r\nA: 3\r\n\r\n")) {
      assertThat(rest(client)).startsWith("HTTP/1.1 431").endsWith("\r\n\r\nlong\n");
    }
  }

  @Test
  void keepsAnIdleConnectionForItsMinimumWhenItQuits() throws Exception {
    try (Socket kept = send("GET /kept HTTP/1.1\r\nHost: x\r\n\r\n");
        Socket other = send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")) {
      readTo(kept.getInputStream(), "kept");
      readTo(other.getInputStream(), "ok 1\n");
      Master told = master;
      assertThat(told).isNotNull();
      told.tell(Signals.QUIT);

      assertThat(other.getInputStream().read()).isNegative();
      kept.getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
      assertThat(rest(kept)).contains("\r\nConnection: close\r\n").endsWith("ok 2\n");
    }
  }

  private static void readTo(InputStream in, String end) throws IOException {
    StringBuilder read = new StringBuilder();
    while (read.indexOf(end) < 0) {
      int b = in.read();
      assertThat(b).as("after " + read).isNotNegative();
      read.append((char) b);
    }
  }
}
