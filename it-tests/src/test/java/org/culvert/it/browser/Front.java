package org.culvert.it.browser;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.culvert.it.wire.Ports;

/** The launcher in a process of its own, in front of a {@link Backend}. */
final class Front implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** The seed's five lines, and the samples under another prefix. */
  private static final String CONFIGURATION =
      """
      error_log stderr;
      pid culvert.pid;
      events {}
      http {
          access_log off;
          server {
              listen 127.0.0.1:LISTEN;
              location / {
                  proxy_pass http://backend:BACKEND;
                  proxy_set_header Upgrade $http_upgrade;
                  proxy_set_header Connection "upgrade";
                  proxy_set_header Host $host;
                  proxy_http_version 1.1;
              }
              location /elsewhere/ {
                  proxy_pass http://backend:BACKEND/app/;
                  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                  proxy_cookie_path /app/ /elsewhere/;
                  proxy_websocket relay;
              }
          }
      }
      """;

  private final int port;
  private final Path log;
  private final Process process;

  /** Starts it at a free port, and waits until it listens. */
  Front(Backend backend) throws IOException {
    Path launcher = Path.of(System.getProperty("culvert.launcher"));
    if (!Files.exists(launcher)) {
      throw new IOException(launcher + " is missing: mvn package builds it");
    }
    Path prefix = Files.createTempDirectory("culvert-front");
    Path hosts = Files.writeString(prefix.resolve("hosts"), "127.0.0.1 backend\n");
    port = Ports.free();
    Path configuration =
        Files.writeString(
            prefix.resolve("culvert.conf"),
            CONFIGURATION
                .replace("LISTEN", String.valueOf(port))
                .replace("BACKEND", String.valueOf(backend.port())));
    log = prefix.resolve("log");
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-Djdk.net.hosts.file=" + hosts,
                "-jar",
                launcher.toString(),
                "-p",
                prefix.toString(),
                "-c",
                configuration.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    awaitListening();
  }

  /** An address at the proxy. */
  String url(String path) {
    return "http://127.0.0.1:" + port + path;
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("The launcher did not end at SIGTERM");
    }
  }

  private void awaitListening() throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
        return;
      } catch (IOException refused) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          process.destroyForcibly();
          throw new IOException("The launcher does not listen:\n" + Files.readString(log), refused);
        }
        LockSupport.parkNanos(50_000_000);
      }
    }
  }
}
