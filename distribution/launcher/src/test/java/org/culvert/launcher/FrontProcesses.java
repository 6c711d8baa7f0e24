package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Fronts in processes of their own, at a prefix of the test's. */
abstract class FrontProcesses {
  static final Path ROOT = Path.of(System.getProperty("culvert.root", "../.."));
  static final Path FRONT = ROOT.resolve("culvert").toAbsolutePath().normalize();

  record Result(int status, String out, String err) {}

  @TempDir Path prefix;
  final List<Process> started = new ArrayList<>();
  int port;

  @BeforeEach
  void prefix() throws Exception {
    Files.createDirectories(prefix.resolve("conf"));
    port = MasterTest.freePort();
  }

  @AfterEach
  void stop() throws Exception {
    for (Process process : started) {
      // A dying JVM still has its socket for a moment: the next one's client must not meet it.
      List<ProcessHandle> family = process.descendants().toList();
      family.forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
      for (ProcessHandle member : family) {
        member.onExit().get(10, TimeUnit.SECONDS);
      }
    }
  }

  final void configure(String globals, String servers) throws IOException {
    Files.writeString(
        prefix.resolve("conf/nginx.conf"),
        globals
            + " daemon off; events {}\nhttp { access_log logs/access.log;\n"
            + servers
            + "\n}\n");
  }

  final void answering(String body) throws IOException {
    configure(
        "error_log logs/error.log notice;",
        "server { listen 127.0.0.1:" + port + "; return 200 " + body + "; }");
  }

  final Result run(String... arguments) throws Exception {
    return run(Map.of(), arguments);
  }

  final Result run(Map<String, String> environment, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("/bin/sh", FRONT.toString()));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(prefix, "front", ".out");
    Path err = Files.createTempFile(prefix, "front", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    started.add(process);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  /** Starts a server and waits until it answers. */
  final Process serve(String... shell) throws Exception {
    List<String> command = new ArrayList<>(List.of(shell));
    command.addAll(List.of("/bin/sh", FRONT.toString(), "-p", prefix.toString()));
    Process process = new ProcessBuilder(command).inheritIO().start();
    started.add(process);
    Await.until(() -> process.isAlive() && answers());
    // Only then has it taken its signals, and written the pid.
    Await.until(() -> Files.exists(prefix.resolve("logs/culvert.pid")));
    return process;
  }

  final boolean answers() throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      return socket.isConnected();
    } catch (ConnectException notYet) {
      return false;
    }
  }

  final String get(String path) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  static void signal(String name, long pid) throws Exception {
    assertThat(new ProcessBuilder("kill", "-s", name, Long.toString(pid)).start().waitFor())
        .isZero();
  }

  final String errorLog() throws IOException {
    Path log = prefix.resolve("logs/error.log");
    return Files.exists(log) ? Files.readString(log) : "";
  }
}
