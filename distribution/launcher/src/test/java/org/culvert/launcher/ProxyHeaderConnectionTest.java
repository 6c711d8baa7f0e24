package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code listen … proxy_protocol} in the running proxy. */
@Timeout(60)
class ProxyHeaderConnectionTest {
  private static final String HEADER = "PROXY TCP4 192.0.2.1 198.51.100.2 5001 443\r\n";
  private static final String REQUEST = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

  @TempDir Path folder;
  private @Nullable Master master;
  private int port;
  private int tlsPort;

  @BeforeEach
  void start() throws Exception {
    port = MasterTest.freePort();
    do {
      tlsPort = MasterTest.freePort();
    } while (tlsPort == port);
    for (String file : List.of("one.pem", "one.key")) {
      try (InputStream in = TunnelTest.class.getResourceAsStream("/tls/" + file)) {
        Files.write(folder.resolve(file), Objects.requireNonNull(in).readAllBytes());
      }
    }
    Files.writeString(
        folder.resolve("culvert.conf"),
        """
        error_log %3$s info;
        events {}
        http {
          access_log off;
          client_header_timeout 500ms;
          server {
            listen 127.0.0.1:%1$d proxy_protocol;
            listen 127.0.0.1:%2$d ssl http2 proxy_protocol;
            ssl_certificate one.pem;
            ssl_certificate_key one.key;
            return 200 "$scheme $server_protocol $proxy_protocol_addr $remote_addr\\n";
          }
        }
        """
            .formatted(port, tlsPort, folder.resolve("error.log")));
    Command command = new Command(CommandLine.parse("-p", folder.toString(), "-c", "culvert.conf"));
    command.openErrorLog(command.read());
    master = new Master(command, command.read());
    master.start();
  }

  @AfterEach
  void stop() {
    if (master != null) {
      master.close();
    }
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String answer(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  private Socket connect(int to) throws IOException {
    Socket socket = new Socket("127.0.0.1", to);
    socket.setSoTimeout(20_000);
    socket.setTcpNoDelay(true);
    return socket;
  }

  @Test
  void takesAHeaderThatComesByteByByte() throws Exception {
    try (Socket client = connect(port)) {
      for (char c : HEADER.toCharArray()) {
        send(client, String.valueOf(c));
      }
      send(client, REQUEST);
      assertThat(answer(client)).endsWith("http HTTP/1.1 192.0.2.1 127.0.0.1\n");
    }
  }

  @Test
  void hasItsHeaderBeforeTls() throws Exception {
    try (Socket client = connect(tlsPort)) {
      send(client, HEADER);
      try (Socket tls = overTls(client)) {
        send(tls, REQUEST);
        assertThat(answer(tls)).endsWith("https HTTP/1.1 192.0.2.1 127.0.0.1\n");
      }
    }
  }

  @Test
  void negotiatesHttp2BehindIt() throws Exception {
    try (Socket client = connect(tlsPort)) {
      send(client, HEADER);
      try (SSLSocket tls = (SSLSocket) overTls(client)) {
        var parameters = tls.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        tls.setSSLParameters(parameters);
        send(tls, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");
        byte[] settings = tls.getInputStream().readNBytes(9);
        assertThat(tls.getApplicationProtocol()).isEqualTo("h2");
        assertThat(settings[3]).isEqualTo((byte) 4); // A SETTINGS frame.
      }
    }
  }

  private static Socket overTls(Socket client) throws Exception {
    return TunnelTest.trusting()
        .getSocketFactory()
        .createSocket(client, "127.0.0.1", client.getPort(), true);
  }

  @Test
  void closesWhatHasNoHeaderAndLogsItInNginxsWords() throws Exception {
    try (Socket client = connect(port)) {
      send(client, REQUEST);
      assertThat(ended(client)).isEmpty();
    }
    awaitLog(
        "[error]",
        "broken header: \"GET / HTTP/1.1\" while reading PROXY protocol, client: 127.0.0.1, server:"
            + " 127.0.0.1:"
            + port);
  }

  @Test
  void closesWhoseHeaderIsNotWholeInTime() throws Exception {
    try (Socket client = connect(port)) {
      send(client, "PROXY TCP4 192.0.2.1");
      assertThat(ended(client)).isEmpty();
    }
    awaitLog("[info]", "client timed out (110: Connection timed out) while reading PROXY protocol");
  }

  /** With bytes of ours unread it may be reset. */
  private static String ended(Socket client) {
    try {
      return answer(client);
    } catch (IOException reset) {
      assertThat(reset).isNotInstanceOf(java.net.SocketTimeoutException.class);
      return "";
    }
  }

  private void awaitLog(String... words) throws Exception {
    Path log = folder.resolve("error.log");
    Await.until(
        () ->
            Files.readAllLines(log).stream()
                .anyMatch(line -> List.of(words).stream().allMatch(line::contains)));
  }
}
