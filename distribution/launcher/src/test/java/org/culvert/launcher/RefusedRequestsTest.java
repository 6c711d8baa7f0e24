package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What ends before the proxy sees it has its lines in the logs of its server, which are those of
 * nginx 1.22 for the same bytes.
 */
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
          log_format short '$remote_addr "$request" $status $host';
          access_log other.log short;
          client_header_timeout 10m;
          server { listen 127.0.0.1:%1$d; server_name other; return 200 ok; }
          server {
            listen 127.0.0.1:%1$d default_server;
            server_name chosen;
            access_log chosen.log short;
            client_header_timeout 1s;
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

  private String send(String... pieces) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(20_000);
      for (String piece : pieces) {
        socket.getOutputStream().write(piece.getBytes(StandardCharsets.ISO_8859_1));
      }
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException cutOff) {
      // It may be closed with bytes of ours unread: the log is what counts.
      assertThat(cutOff).isNotInstanceOf(java.net.ConnectException.class);
      return "";
    }
  }

  private String logged() throws Exception {
    return logged("chosen.log", 1);
  }

  private String logged(String name, int lines) throws Exception {
    Path log = folder.resolve(name);
    Await.until(() -> Files.exists(log) && Files.readString(log).lines().count() >= lines);
    return Files.readString(log);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = true,
      value = {
        "GET / HTTP/1.1^Host: a b | GET / HTTP/1.1 | 400 | chosen",
        "GET /x HTTP/1.1^no colon | GET /x HTTP/1.1 | 400 | chosen",
        "G\u0016T /x HTTP/1.1^Host: x | G\\x16T /x HTTP/1.1 | 400 | chosen",
        "GET /x HTTP/9.9^Host: x | GET /x HTTP/9.9 | 505 | chosen",
        "nonsense | nonsense | 400 | chosen",
      })
  void areLoggedWithTheirRequestLine(String head, String line, int status, String host)
      throws Exception {
    send(head.replace("^", "\r\n") + "\r\n\r\n");

    assertThat(logged()).isEqualTo("127.0.0.1 \"" + line + "\" " + status + " " + host + "\n");
    assertThat(folder.resolve("other.log")).isEmptyFile();
  }

  @Test
  void areLoggedWithTheBeginningOfALineThatIsTooLong() throws Exception {
    send("GET /" + "a".repeat(60_000) + " HTTP/1.1\r\nHost: x\r\n\r\n");

    assertThat(logged()).isEqualTo("127.0.0.1 \"GET /" + "a".repeat(1743) + "...\" 414 chosen\n");
  }

  @Test
  void areAnsweredWithNginxsPageWhenAFieldIsTooLong() throws Exception {
    String answer = send("GET /long", " HTTP/1.1\r\nHost: x\r\n", "X: " + "a".repeat(32_740));

    assertThat(answer)
        .startsWith("HTTP/1.1 400 Bad Request\r\n")
        .contains("<title>400 Request Header Or Cookie Too Large</title>")
        .containsOnlyOnce("Connection: close");
    assertThat(logged()).isEqualTo("127.0.0.1 \"GET /long HTTP/1.1\" 400 x\n");
  }

  @Test
  void areThoseOfTheServerThatTheyNamedBeforeTheyWereRefused() throws Exception {
    String head = "GET /long HTTP/1.1\r\nHost: Other:80\r\nno colon\r\n\r\n";
    assertThat(send(head)).startsWith("HTTP/1.1 400 ");

    assertThat(logged("other.log", 1)).isEqualTo("127.0.0.1 \"GET /long HTTP/1.1\" 400 other\n");
    assertThat(folder.resolve("chosen.log")).isEmptyFile();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET /half | GET /half | chosen.log | chosen",
        "GET /x HTTP/1.1^ | GET /x HTTP/1.1 | chosen.log | chosen",
        "GET /x HTTP/1.1^Host: other^Acc | GET /x HTTP/1.1 | other.log | other",
        "GET / HTTP/1.1^Host: x^^GET /2 HT | GET /2 HT | chosen.log | chosen",
      })
  void areClosedUnansweredWhenTheirHeadTakesTooLong(
      String head, String line, String log, String host) throws Exception {
    String answers = send(head.replace("^", "\r\n"));
    send("GET /after HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");

    boolean second = head.contains("^^");
    assertThat(answers).matches(second ? "(?s)HTTP/1.1 200 OK.*\r\n\r\nok" : "");
    assertThat(logged(log, second ? 3 : 2))
        .endsWith(
            "127.0.0.1 \"%s\" 408 %2$s\n127.0.0.1 \"GET /after HTTP/1.1\" 200 %2$s\n"
                .formatted(line, host));
  }

  /** One byte after the other would keep a connection for ever if each began the time anew. */
  @Test
  void areClosedAlthoughTheirHeadStillComes() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket
          .getOutputStream()
          .write("GET /drip HTTP/1.1\r\nX: ".getBytes(StandardCharsets.US_ASCII));
      socket.setSoTimeout(100);
      assertThat(closedWhileWriting(socket)).as("closed").isTrue();
    }
    assertThat(logged()).isEqualTo("127.0.0.1 \"GET /drip HTTP/1.1\" 408 chosen\n");
  }

  private static boolean closedWhileWriting(Socket socket) {
    for (int i = 0; i < 200; i++) {
      try {
        if (socket.getInputStream().read() < 0) {
          return true;
        }
      } catch (SocketTimeoutException open) {
        // And on.
      } catch (IOException reset) {
        return true;
      }
      try {
        socket.getOutputStream().write('a');
      } catch (IOException reset) {
        return true;
      }
    }
    return false;
  }

  @Test
  void arePassedOnWhenTheirHeadComesLateButInTime() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(20_000);
      for (String piece : new String[] {"GE", "T / HTTP/1.1\r\nHo", "st: x\r\n", "\r\n"}) {
        socket.getOutputStream().write(piece.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
      }
      assertThat(new String(socket.getInputStream().readNBytes(15), StandardCharsets.US_ASCII))
          .isEqualTo("HTTP/1.1 200 OK");
      // The time of that head is over now: it must not end what comes after it.
      socket.setSoTimeout(1500);
      assertThatThrownBy(() -> socket.getInputStream().readNBytes(1000))
          .isInstanceOf(SocketTimeoutException.class);
    }
    assertThat(logged()).isEqualTo("127.0.0.1 \"GET / HTTP/1.1\" 200 x\n");
  }

  @Test
  void areUnansweredWhenTheClientLeavesInTheirMidst() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write("GET /cut HTTP/1.1\r\nHost:".getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();
      assertThat(socket.getInputStream().readAllBytes()).isEmpty();
    }
    assertThat(logged()).isEqualTo("127.0.0.1 \"GET /cut HTTP/1.1\" 400 chosen\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET /e1 | client timed out (110: Connection timed out) while reading client request line,"
            + " client: 127.0.0.1, server: chosen, request: \"GET /e1\"",
        "GET /e2 HTTP/1.1^Host: other^Acc | client timed out (110: Connection timed out) while"
            + " reading client request headers, client: 127.0.0.1, server: other, request: \"GET"
            + " /e2 HTTP/1.1\", host: \"other\"",
        "GET /e3 HTTP/9.9^^ | client sent invalid version while reading client request line,"
            + " client: 127.0.0.1, server: chosen, request: \"GET /e3 HTTP/9.9\"",
      })
  void haveNginxsLineInTheErrorLog(String head, String line) throws Exception {
    Path log = folder.resolve("error.log");
    ErrorLog.process().open(log, ErrorLog.Level.INFO);
    try {
      send(head.replace("^", "\r\n"));
      Await.until(() -> Files.readString(log).lines().anyMatch(l -> l.endsWith(" " + line)));
    } finally {
      ErrorLog.process().open(null, ErrorLog.Level.ERROR);
    }
  }

  @Test
  void areLoggedOnceAndOthersByTheProxyAlone() throws Exception {
    send("GET /fine HTTP/1.1\r\nHost: x\r\n\r\nGET /broken HTTP/1.1\r\nHost: a b\r\n\r\n");

    assertThat(logged("chosen.log", 2).lines())
        .containsExactly(
            "127.0.0.1 \"GET /fine HTTP/1.1\" 200 x",
            "127.0.0.1 \"GET /broken HTTP/1.1\" 400 chosen");
  }
}
