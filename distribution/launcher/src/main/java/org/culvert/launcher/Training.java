package org.culvert.launcher;

import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A short life of the launcher that loads the classes which every life loads, for {@link
 * ClassArchive}: one request through the proxy to itself.
 */
final class Training {
  private static final String CONFIGURATION =
      """
      error_log stderr emerg;
      events {}
      http {
          access_log off;
          server {
              listen 127.0.0.1:%1$d;
              location / {
                  proxy_pass http://127.0.0.1:%1$d/answer;
                  proxy_set_header Upgrade $http_upgrade;
                  proxy_set_header Host $host;
              }
              location = /answer { return 200 "trained"; }
          }
      }
      """;

  private Training() {}

  /** Runs, and ends by itself. */
  public static void main(String[] arguments) throws Exception {
    Path folder = Files.createTempDirectory("culvert-training");
    Path file = folder.resolve("culvert.conf");
    try {
      int port = freePort();
      Files.writeString(file, CONFIGURATION.formatted(port));
      Command command =
          new Command(CommandLine.parse("-p", folder.toString(), "-c", file.toString()));
      Master master = new Master(command, command.read());
      master.start();
      request(port);
      master.close();
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(folder);
    }
    // exit(), at which the JVM writes the archive, and no waiting for threads.
    System.exit(0);
  }

  private static int freePort() throws Exception {
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress("127.0.0.1", 0));
      return probe.getLocalPort();
    }
  }

  private static void request(int port) throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write(
              "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      while (in.read() >= 0) {
        // To the end.
        continue;
      }
    }
  }
}
