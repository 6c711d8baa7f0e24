package org.culvert.it.launcher;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.culvert.it.Folders;
import org.culvert.it.wire.Ports;

/** The launcher in a process of its own, that listens on one loopback port. */
public final class Launcher implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final String CONFIGURATION =
      """
      error_log stderr;
      pid culvert.pid;
      events {}
      http {
          access_log off;
          server {
              listen 127.0.0.1:%d;
              %s
          }
      }
      """;

  private final int port;
  private final Path prefix;
  private final Path configuration;
  private final Path log;
  private final Process process;

  /**
   * Starts it at a free port, and waits until it listens. The host {@code backend} is 127.0.0.1.
   *
   * @param locations what its one server has
   * @param options options of the JVM's
   */
  public Launcher(String locations, String... options) throws IOException {
    Path launcher = Path.of(System.getProperty("culvert.launcher"));
    if (!Files.exists(launcher)) {
      throw new IOException(launcher + " is missing: mvn package builds it");
    }
    prefix = Files.createTempDirectory("culvert-launcher");
    Path hosts = Files.writeString(prefix.resolve("hosts"), "127.0.0.1 backend\n");
    port = Ports.free();
    Path configuration =
        Files.writeString(prefix.resolve("culvert.conf"), CONFIGURATION.formatted(port, locations));
    this.configuration = configuration;
    log = prefix.resolve("log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.add("-Djdk.net.hosts.file=" + hosts);
    command.addAll(List.of("-jar", launcher.toString(), "-p", prefix.toString()));
    command.addAll(List.of("-c", configuration.toString()));
    process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    awaitListening();
  }

  /** Has it take another configuration, which it does a moment later. */
  public void reload(String locations) throws IOException, InterruptedException {
    Files.writeString(configuration, CONFIGURATION.formatted(port, locations));
    Process kill = new ProcessBuilder("kill", "-s", "HUP", "" + process.pid()).start();
    if (kill.waitFor() != 0) {
      throw new IOException("The launcher has ended:\n" + log());
    }
  }

  /** Where it listens. */
  public int port() {
    return port;
  }

  /** An address at the proxy. */
  public String url(String path) {
    return "http://127.0.0.1:" + port + path;
  }

  /** The number of its process, which is its JVM. */
  public long process() {
    return process.pid();
  }

  /** All it has said so far. */
  public String log() throws IOException {
    return Files.readString(log);
  }

  @Override
  public void close() throws IOException, InterruptedException {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("The launcher did not end at SIGTERM");
    }
    Folders.delete(prefix);
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
          throw new IOException("The launcher does not listen:\n" + log(), refused);
        }
        LockSupport.parkNanos(50_000_000);
      }
    }
  }
}
