package org.culvert.it.corpus;

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
import org.culvert.it.Await;
import org.culvert.it.wire.Ports;

/** nginx, or the launcher in its place: a process that is told of each configuration by HUP. */
final class ProcessServer extends Server {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String FRAME =
      """
      daemon off;
      %2$s
      pid %1$s/pid;
      error_log %1$s/error.log info;
      events {}
      http {
      access_log off;
      %3$s
      }
      """;

  /** What is the default since nginx 1.29.7. */
  private static final String OLDER = "proxy_http_version 1.1;\n";

  private final List<String> command;
  private final String main;
  private final String http;
  private final Path configuration;
  private Process process;
  private boolean zones;

  private ProcessServer(Stage stage, String name, String main, String http, String... program)
      throws IOException {
    super(stage, name);
    this.main = main;
    this.http = http;
    configuration = home().resolve("nginx.conf");
    command = new ArrayList<>(List.of(program));
    command.addAll(List.of("-p", home() + "/", "-c", configuration.toString()));
    command.addAll(List.of("-e", home().resolve("error.log").toString()));
  }

  /** The installed nginx. */
  static ProcessServer nginx(Stage stage) throws IOException {
    return new ProcessServer(stage, "nginx", "user root;", OLDER, "nginx");
  }

  /** The launcher, behind its front. */
  static ProcessServer launcher(Stage stage) throws IOException {
    String front = Path.of("../culvert").toRealPath().toString();
    return new ProcessServer(stage, "culvert", "", "", "/bin/sh", front);
  }

  /** Whether there is an nginx. */
  static boolean hasNginx() {
    return List.of(System.getenv("PATH").split(":")).stream()
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "nginx")));
  }

  @Override
  int[] choosePorts() {
    return new int[] {Ports.free(), Ports.free(), Ports.free()};
  }

  @Override
  void configure(String http) throws Exception {
    if (zones) {
      // Zones that live on are counted on, and may have had another key.
      int idle = Ports.free();
      go("server { listen 127.0.0.1:" + idle + "; }", idle);
    }
    zones = http.contains("_zone");
    go(http, port(1));
  }

  private void go(String http, int port) throws Exception {
    Files.writeString(
        configuration,
        FRAME.formatted(home(), main, this.http + http),
        StandardCharsets.ISO_8859_1);
    Files.deleteIfExists(home().resolve("error.log"));
    if (process == null || !process.isAlive()) {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(home().resolve("out").toFile())
              .start();
    } else {
      signal("USR1");
      signal("HUP");
    }
    if (!Await.until(PATIENCE, () -> listens(port) || !process.isAlive() || isRefused())
        || !listens(port)) {
      throw new IOException(command + " does not take the configuration: " + said());
    }
  }

  private boolean isRefused() throws IOException {
    return !lines(home().resolve("error.log"), line -> line.contains("[emerg]")).isEmpty();
  }

  private String said() throws IOException {
    List<String> said =
        lines(home().resolve("error.log"), line -> !line.matches(".*\\[(notice|info)\\].*"));
    return said + " " + lines(home().resolve("out"), line -> true);
  }

  private void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-s", name, "" + process.pid()).start();
    if (kill.waitFor() != 0) {
      throw new IOException("no process " + process.pid() + ": " + said());
    }
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  @Override
  void stop() throws IOException, InterruptedException {
    if (process == null || !process.isAlive()) {
      return;
    }
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(command + " did not end at SIGTERM");
    }
  }
}
