package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code listen unix:} in the running proxy. */
@Timeout(60)
class UnixListenTest extends RunningMaster {
  private static final String REQUEST =
      "GET %s HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n";

  @TempDir Path folder;

  private Path socket() {
    return folder.resolve("front.sock");
  }

  private Command configure(String content) throws Exception {
    Files.writeString(
        folder.resolve("culvert.conf"),
        """
        error_log %1$s;
        events {}
        http {
          access_log %2$s;
          server { listen unix:%3$s; %4$s }
        }
        """
            .formatted(
                folder.resolve("error.log"), folder.resolve("access.log"), socket(), content));
    return new Command(CommandLine.parse("-p", folder.toString(), "-c", "culvert.conf"));
  }

  private Master start(String content) throws Exception {
    Command command = configure(content);
    return run(command);
  }

  private String ask(String path) throws IOException {
    try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
      client.write(ByteBuffer.wrap(REQUEST.formatted(path).getBytes(StandardCharsets.US_ASCII)));
      return new String(
          Channels.newInputStream(client).readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  @Test
  void answersAsAtAnyOtherSocket() throws Exception {
    start(
        "return 200 \"[$remote_addr] [$remote_port] [$server_addr] [$server_port]"
            + " [$proxy_add_x_forwarded_for] $host\\n\";");

    assertThat(ask("/"))
        .startsWith("HTTP/1.1 200 OK\r\n")
        .endsWith("[unix:] [] [unix:" + socket() + "] [] [unix:] example.org\n");
    assertThat(Files.getPosixFilePermissions(socket()))
        .isEqualTo(PosixFilePermissions.fromString("rw-rw-rw-"));
    Path log = folder.resolve("access.log");
    Await.until(() -> Files.exists(log) && Files.readString(log).startsWith("unix: - - ["));
  }

  @Test
  void redirectsWithoutAPort() throws Exception {
    start("location / { return 301 /elsewhere; }");
    assertThat(ask("/")).contains("\r\nLocation: http://example.org/elsewhere\r\n");
  }

  @Test
  void deniesItsClients() throws Exception {
    start("location /denied { deny unix:; root .; } location / { deny 127.0.0.1; root .; }");
    assertThat(ask("/denied")).startsWith("HTTP/1.1 403 ");
    assertThat(ask("/none")).startsWith("HTTP/1.1 404 ");
  }

  @Test
  void takesAnAddressFromAProxyThatConnectsByIt() throws Exception {
    start("set_real_ip_from unix:; real_ip_header X-Forwarded-For; return 200 $remote_addr;");
    try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
      String head = "GET / HTTP/1.0\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n";
      client.write(ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
      assertThat(new String(Channels.newInputStream(client).readAllBytes(), StandardCharsets.UTF_8))
          .endsWith("\r\n\r\n192.0.2.7");
    }
  }

  @Test
  void keepsItsFileOverAReloadAndRemovesItAtTheEnd() throws Exception {
    Master started = start("return 200 old;");
    assertThat(ask("/")).endsWith("old");
    Object file = Files.getAttribute(socket(), "unix:ino");

    configure("return 200 new;");
    started.tell(Signals.RELOAD);
    Await.until(() -> ask("/").endsWith("new"));
    assertThat(Files.getAttribute(socket(), "unix:ino")).isEqualTo(file);

    started.tell(Signals.QUIT);
    Thread thread = running;
    assertThat(thread).isNotNull();
    thread.join();
    started.close();
    assertThat(socket()).doesNotExist();
  }

  @Test
  void doesNotStartOverAFileThatIsThere() throws Exception {
    Files.createFile(socket());
    assertThatThrownBy(() -> start("return 200 never;"))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining(
            "bind() to unix:" + socket() + " failed (98: Address already in use)");
    assertThat(socket()).exists();
  }

  @Test
  void isTestedWithoutLeavingAFile() throws Exception {
    Command command = configure("return 200 tested;");
    Rehearsal.all(command, command.read());
    assertThat(socket()).doesNotExist();
  }
}
