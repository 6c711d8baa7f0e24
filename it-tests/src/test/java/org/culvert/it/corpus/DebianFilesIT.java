package org.culvert.it.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.culvert.it.Await;
import org.culvert.it.wire.Ports;
import org.culvert.it.wire.RawClient;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The configuration that Debian's nginx brings, with a proxied site as its users add one, is the
 * launcher's as it stands: only the folders are others.
 */
class DebianFilesIT {
  private static final Path INSTALLED = Path.of("/etc/nginx");

  @TempDir Path folder;

  private void copyInstalled() throws IOException {
    try (Stream<Path> files = Files.walk(INSTALLED)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path to = folder.resolve("etc").resolve(INSTALLED.relativize(file));
        Files.createDirectories(to.getParent());
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        text = text.replace("/etc/nginx/", folder + "/etc/");
        text = text.replace("/run/nginx.pid", folder + "/nginx.pid");
        text = text.replace("/var/log/nginx/", folder + "/log/");
        Files.writeString(to, text, StandardCharsets.ISO_8859_1);
      }
    }
    Files.createDirectories(folder.resolve("log"));
    Files.createDirectories(folder.resolve("etc/sites-enabled"));
    Files.deleteIfExists(folder.resolve("etc/sites-enabled/default"));
  }

  private List<String> front(String... more) throws IOException {
    List<String> command = new ArrayList<>(List.of("/bin/sh"));
    command.add(Path.of("../culvert").toRealPath().toString());
    command.addAll(List.of("-p", folder + "/", "-c", "etc/nginx.conf"));
    command.addAll(List.of(more));
    return command;
  }

  @Test
  @Timeout(90)
  void testAndServe() throws Exception {
    Assumptions.assumeTrue(
        Files.isDirectory(INSTALLED), "no /etc/nginx: apt-get install nginx-light");
    int port = Ports.free();
    copyInstalled();
    Path out = folder.resolve("out");
    try (ScriptedBackend backend = new ScriptedBackend()) {
      Files.writeString(
          folder.resolve("etc/sites-enabled/shop"),
          """
          server {
              listen 127.0.0.1:%d;
              server_name shop.example;
              location / {
                  proxy_pass http://127.0.0.1:%d;
                  include proxy_params;
              }
              location /static/ { alias %s/; }
          }
          """
              .formatted(port, backend.port(), folder));
      Files.writeString(folder.resolve("page.css"), "a { color: red }");
      Process test =
          new ProcessBuilder(front("-t"))
              .redirectErrorStream(true)
              .redirectOutput(out.toFile())
              .start();
      assertThat(test.waitFor()).as(Files.readString(out)).isZero();
      assertThat(out).content().contains("test is successful");
      Process server =
          new ProcessBuilder(front("-g", "daemon off;")).redirectOutput(out.toFile()).start();
      try {
        assertThat(Await.until(Duration.ofSeconds(30), () -> listens(port) || !server.isAlive()))
            .isTrue();
        try (RawClient client = new RawClient(port)) {
          assertThat(client.request("GET /page", "Connection: close").answer().text())
              .contains("GET /page HTTP/1.1", "X-Real-IP: 127.0.0.1", "X-Forwarded-Proto: http");
        }
        try (RawClient client = new RawClient(port)) {
          RawClient.Answer css =
              client.request("GET /static/page.css", "Connection: close").answer();
          assertThat(css.head().first("Content-Type")).isEqualTo("text/css");
        }
      } finally {
        server.destroy();
        assertThat(server.waitFor(20, TimeUnit.SECONDS)).isTrue();
      }
    }
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (IOException refused) {
      return false;
    }
  }
}
