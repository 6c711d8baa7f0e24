package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Jetty refuses by itself has its line in the access log of the address's default server. */
@Timeout(60)
class RefusedRequestsTest {
  @TempDir Path folder;
  private @Nullable Master master;
  private int port;

  @BeforeEach
  void start() throws Exception {
    port = MasterTest.freePort();
    Files.writeString(
        folder.resolve("culvert.conf"),
        """
        events {}
        http {
          log_format short '$remote_addr "$request" $status $server_name';
          access_log other.log short;
          server { listen 127.0.0.1:%1$d; server_name other; return 200 ok; }
          server {
            listen 127.0.0.1:%1$d default_server;
            server_name chosen;
            access_log chosen.log short;
            return 200 ok;
          }
        }
        """
            .formatted(port));
    Command command = new Command(CommandLine.parse("-p", folder.toString(), "-c", "culvert.conf"));
    master = new Master(command, command.read());
    master.start();
  }

  @AfterEach
  void stop() {
    if (master != null) {
      master.close();
    }
  }

  private void send(String... pieces) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(20_000);
      for (String piece : pieces) {
        socket.getOutputStream().write(piece.getBytes(StandardCharsets.ISO_8859_1));
      }
      socket.getInputStream().readAllBytes();
    } catch (IOException cutOff) {
      // It may be closed with bytes of ours unread: the log is what counts.
      assertThat(cutOff).isNotInstanceOf(java.net.ConnectException.class);
    }
  }

  private String logged() throws Exception {
    return logged(1);
  }

  private String logged(int lines) throws Exception {
    Path log = folder.resolve("chosen.log");
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!Files.exists(log) || Files.readString(log).lines().count() < lines) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      Thread.sleep(10);
    }
    return Files.readString(log);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = true,
      value = {
        "GET / HTTP/1.1^Host: a b | GET / HTTP/1.1 | 400",
        "GET /x HTTP/1.1^no colon | GET /x HTTP/1.1 | 400",
        "G\u0016T /x HTTP/1.1^Host: x | G\\x16T /x HTTP/1.1 | 400",
        "GET /x HTTP/9.9^Host: x | GET /x HTTP/9.9 | 505",
        "nonsense | nonsense | 400",
      })
  void areLoggedWithTheirRequestLine(String head, String line, int status) throws Exception {
    send(head.replace("^", "\r\n") + "\r\n\r\n");

    assertThat(logged()).isEqualTo("127.0.0.1 \"" + line + "\" " + status + " chosen\n");
    assertThat(folder.resolve("other.log")).isEmptyFile();
  }

  @Test
  void areLoggedWithTheBeginningOfALineThatIsTooLong() throws Exception {
    send("GET /" + "a".repeat(60_000) + " HTTP/1.1\r\nHost: x\r\n\r\n");

    assertThat(logged()).isEqualTo("127.0.0.1 \"GET /" + "a".repeat(1743) + "...\" 414 chosen\n");
  }

  @Test
  void areLoggedWithTheirLineWhenALaterFieldIsTooLong() throws Exception {
    send("GET /long", " HTTP/1.1\r\nHost: x\r\n", "X: " + "a".repeat(60_000) + "\r\n\r\n");

    assertThat(logged()).isEqualTo("127.0.0.1 \"GET /long HTTP/1.1\" 431 chosen\n");
  }

  @Test
  void areLoggedOnceAndOthersByTheProxyAlone() throws Exception {
    send("GET /fine HTTP/1.1\r\nHost: x\r\n\r\nGET /broken HTTP/1.1\r\nHost: a b\r\n\r\n");

    assertThat(logged(2).lines())
        .containsExactly(
            "127.0.0.1 \"GET /fine HTTP/1.1\" 200 chosen",
            "127.0.0.1 \"GET /broken HTTP/1.1\" 400 chosen");
  }
}
