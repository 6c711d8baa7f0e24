package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client may read nothing for as long as its {@code send_timeout} says, whatever Jetty's is. */
class SlowReaderTest {
  /** More than any system's buffers hold between the two. */
  private static final int LENGTH = 64 << 20;

  @TempDir Path folder;

  @Test
  @Tag("long")
  @Timeout(150)
  void isAnsweredWholeAfterMoreThanAMinute() throws Exception {
    assertThat(read("90s", 65_000)).isEqualTo(LENGTH);
  }

  @Test
  @Timeout(60)
  void isCutOffWhenItsTimeHasPassed() throws Exception {
    assertThat(read("1s", 3_000)).isLessThan(LENGTH);
  }

  /** How much of a body comes when nothing is read for so long, which is what is tested. */
  private long read(String sendTimeout, long pause) throws Exception {
    try (ServerSocket backend = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread answering = new Thread(() -> answer(backend));
      answering.start();
      int port = MasterTest.freePort();
      Files.writeString(
          folder.resolve("culvert.conf"),
          """
          events {}
          http {
            access_log off;
            send_timeout %s;
            server {
              listen 127.0.0.1:%d;
              location / { proxy_pass http://127.0.0.1:%d; }
            }
          }
          """
              .formatted(sendTimeout, port, backend.getLocalPort()));
      Command command =
          new Command(CommandLine.parse("-p", folder.toString(), "-c", "culvert.conf"));
      Master master = new Master(command, command.read());
      try (Socket client = new Socket()) {
        master.start();
        client.setReceiveBufferSize(64 << 10);
        client.connect(new InetSocketAddress("127.0.0.1", port));
        client
            .getOutputStream()
            .write("GET / HTTP/1.0\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        Thread.sleep(pause);
        return body(client.getInputStream());
      } finally {
        master.close();
        backend.close();
        answering.join();
      }
    }
  }

  private static void answer(ServerSocket backend) {
    try (Socket socket = backend.accept()) {
      socket
          .getOutputStream()
          .write(
              ("HTTP/1.1 200 OK\r\nContent-Length: " + LENGTH + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      byte[] piece = new byte[1 << 16];
      for (int sent = 0; sent < LENGTH; sent += piece.length) {
        socket.getOutputStream().write(piece);
      }
      socket.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
    } catch (IOException cutOff) {
      // Its proxy has no client any more.
    }
  }

  private static long body(InputStream in) {
    long bytes = 0;
    try {
      int end = 0; // how much of the empty line was read
      while (end < 4) {
        int next = in.read();
        if (next < 0) {
          return 0;
        }
        end = next == (end % 2 == 0 ? '\r' : '\n') ? end + 1 : 0;
      }
      byte[] buffer = new byte[1 << 16];
      int read;
      while ((read = in.read(buffer)) >= 0) {
        bytes += read;
      }
    } catch (IOException reset) {
      // Cut off: what came counts.
    }
    return bytes;
  }
}
