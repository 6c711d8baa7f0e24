package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The front where it is found: in a checkout, built or not, and unpacked from the archive. */
@Timeout(180)
class CheckoutIT {
  private static final Path ROOT = Path.of(System.getProperty("culvert.root", "../.."));
  private static final Path BUILT =
      ROOT.resolve("distribution/launcher/target/culvert.jar").toAbsolutePath().normalize();

  private record Result(int status, String out, String err) {}

  @TempDir Path folder;
  private final List<Process> started = new ArrayList<>();
  private Path checkout;
  private Path jar;
  private Path configuration;
  private Path mvn;

  @BeforeEach
  void checkout() throws Exception {
    checkout = Files.createDirectories(folder.resolve("checkout"));
    Files.copy(ROOT.resolve("culvert"), checkout.resolve("culvert"));
    jar = checkout.resolve("distribution/launcher/target/culvert.jar");
    Files.createDirectories(jar.getParent());
    Path prefix = Files.createDirectories(folder.resolve("prefix/logs")).getParent();
    configuration = prefix.resolve("culvert.conf");
    Files.writeString(
        configuration,
        "events {} http { server { listen 127.0.0.1:%d; } }".formatted(MasterTest.freePort()));
    // A Maven that notes that it was called, and brings what the real one would build.
    mvn = Files.createDirectories(folder.resolve("tools")).resolve("mvn");
    Files.writeString(
        mvn,
        "#!/bin/sh\necho \"$*\" >>%s\ncp %s %s\n".formatted(folder.resolve("calls"), BUILT, jar));
    Files.setPosixFilePermissions(mvn, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterEach
  void stop() throws Exception {
    for (Process process : started) {
      List<ProcessHandle> family = process.descendants().toList();
      family.forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
      for (ProcessHandle member : family) {
        member.onExit().get(10, TimeUnit.SECONDS);
      }
    }
    writable(true);
  }

  private Result run(List<String> as) throws Exception {
    return run(as, "");
  }

  private Result run(List<String> as, String javaOptions) throws Exception {
    List<String> command = new ArrayList<>(as);
    command.addAll(List.of("/bin/sh", checkout.resolve("culvert").toString(), "-t"));
    command.addAll(List.of("-p", configuration.getParent().toString(), "-c", "culvert.conf"));
    Path out = Files.createTempFile(folder, "front", ".out");
    Path err = Files.createTempFile(folder, "front", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().compute("PATH", (name, path) -> mvn.getParent() + ":" + path);
    builder.environment().put("CULVERT_JAVA_OPTS", javaOptions);
    Process process = builder.start();
    started.add(process);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  @Test
  void isBuiltOnceWhenThereIsNothingBuiltAndSaysSo() throws Exception {
    Result first = run(List.of());

    assertThat(first.err)
        .startsWith(
            "culvert: " + jar.toRealPath() + " is not built yet; building it with Maven, once")
        .contains("test is successful");
    assertThat(first.status).isZero();
    assertThat(folder.resolve("calls")).content().hasLineCount(1).contains("package");

    Result second = run(List.of());

    assertThat(second.status).isZero();
    assertThat(second.err).startsWith("nginx: the configuration file ").doesNotContain("Maven");
    assertThat(folder.resolve("calls")).content().hasLineCount(1);
  }

  @Test
  void runsBuiltForWhoMayNotWriteThere() throws Exception {
    Files.copy(BUILT, jar);
    open(folder, "rwxr-xr-x");
    open(configuration.getParent(), "rwxrwxrwx");
    open(configuration.getParent().resolve("logs"), "rwxrwxrwx");
    writable(false);
    List<Path> before = files();

    Result result = run(nobody());

    assertThat(result.err).contains("test is successful").doesNotContain("culvert: ");
    assertThat(result.status).isZero();
    assertThat(files()).isEqualTo(before);
    assertThat(folder.resolve("calls")).doesNotExist();
  }

  @Test
  void collectsInParallelUnlessAnotherCollectorIsChosen() throws Exception {
    Files.copy(BUILT, jar);

    Result plain = run(List.of(), "-XX:+PrintFlagsFinal");
    Result chosen = run(List.of(), "-XX:+PrintFlagsFinal -XX:+UseSerialGC");

    assertThat(plain.out).containsPattern("UseParallelGC += true");
    assertThat(plain.status).isZero();
    assertThat(chosen.out)
        .containsPattern("UseSerialGC += true")
        .containsPattern("UseParallelGC += false");
    assertThat(chosen.status).isZero();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(checkout)) {
      return files.sorted().toList();
    }
  }

  private static void open(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  private void writable(boolean may) throws IOException {
    for (Path path : files()) {
      boolean runs = Files.isDirectory(path);
      open(path, may ? "rwxr-xr-x" : runs ? "r-xr-xr-x" : "r--r--r--");
    }
  }

  /** Root may write everywhere: then somebody else runs it, where this system lets us. */
  private static List<String> nobody() throws Exception {
    if (!System.getProperty("user.name").equals("root")) {
      return List.of();
    }
    List<String> as = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
    List<String> trial = new ArrayList<>(as);
    trial.addAll(List.of("java", "-version"));
    try {
      Process process =
          new ProcessBuilder(trial)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0 ? as : List.of();
    } catch (IOException noSuchProgram) {
      return List.of();
    }
  }

  @Test
  void showsTheDemoOnOtherPortsWhereItsOwnAreTaken() throws Exception {
    Path home = Files.createDirectories(folder.resolve("home"));
    Files.createDirectories(home.resolve("bin"));
    Files.createDirectories(home.resolve("lib"));
    Files.copy(ROOT.resolve("culvert"), home.resolve("bin/culvert"));
    Files.copy(BUILT, home.resolve("lib/culvert.jar"));
    samples(home.resolve("lib/endpoint-samples.war"));
    Path said = folder.resolve("said");
    try (ServerSocket backendPort = new ServerSocket();
        ServerSocket proxyPort = new ServerSocket()) {
      take(backendPort, 8080);
      take(proxyPort, 8000);
      started.add(
          new ProcessBuilder("/bin/sh", home.resolve("bin/culvert").toString(), "demo")
              .redirectOutput(said.toFile())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start());

      String words = until(said, "Ctrl-C ends it");

      Matcher matcher =
          Pattern.compile(
                  "Port 8080 is taken: the backend listens on (\\d+)\n"
                      + "Port 8000 is taken: Culvert listens on (\\d+)\n"
                      + "Culvert is in front of the sample pages: http://127.0.0.1:(\\d+)/\n")
              .matcher(words);
      assertThat(matcher.find()).as(words).isTrue();
      assertThat(matcher.group(2)).isEqualTo(matcher.group(3)).isNotEqualTo(matcher.group(1));
      HttpResponse<String> page =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(
                          URI.create("http://127.0.0.1:" + matcher.group(3) + "/page.html"))
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
      assertThat(page.body()).isEqualTo("a sample");
    }
  }

  private static void take(ServerSocket socket, int port) throws IOException {
    try {
      socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
    } catch (BindException taken) {
      // By somebody else, which is as good.
      assertThat(taken).hasMessageContaining("in use");
    }
  }

  private static void samples(Path war) throws IOException {
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(war))) {
      out.putNextEntry(new ZipEntry("page.html"));
      out.write("a sample".getBytes(StandardCharsets.US_ASCII));
      out.closeEntry();
    }
  }

  private static String until(Path file, String words) throws Exception {
    Await.until(Duration.ofSeconds(120), () -> Files.readString(file).contains(words));
    return Files.readString(file);
  }
}
