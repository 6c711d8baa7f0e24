package org.culvert.it.stock;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.culvert.it.Await;
import org.culvert.it.Folders;
import org.culvert.it.wire.Ports;
import org.culvert.it.wire.RawClient;

/**
 * One stock container: an unpacked download and a base directory of its own, a JVM with a small
 * heap on a loopback port, ended by its process.
 */
final class StockContainer implements AutoCloseable {
  private static final Path STOCK = Path.of(System.getProperty("culvert.it.stock"));

  private final Kind kind;
  private final Path base;
  private final int port;
  private final List<String> options = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>();
  private String heap = "128m";
  private Process process;

  /** The downloads. */
  enum Kind {
    TOMCAT_10_1("apache-tomcat-" + System.getProperty("culvert.tomcat10")),
    TOMCAT_11("apache-tomcat-" + System.getProperty("culvert.tomcat11")),
    JETTY_12_0("jetty-home-" + System.getProperty("culvert.jetty120")),
    JETTY_12_1("jetty-home-" + System.getProperty("culvert.jetty121"));

    private final String directory;

    Kind(String directory) {
      this.directory = directory;
    }

    Path home() {
      return STOCK.resolve(directory);
    }

    boolean isTomcat() {
      return name().startsWith("TOMCAT");
    }

    /** The class of which there is one instance for each application. */
    String loaderClass() {
      return switch (this) {
        case TOMCAT_10_1, TOMCAT_11 -> "org.apache.catalina.loader.ParallelWebappClassLoader";
        case JETTY_12_0 -> "org.eclipse.jetty.ee10.webapp.WebAppClassLoader";
        case JETTY_12_1 -> "org.eclipse.jetty.ee.webapp.WebAppClassLoader";
      };
    }
  }

  private StockContainer(Kind kind, Path base, int port) {
    this.kind = kind;
    this.base = base;
    this.port = port;
  }

  /** Prepares a base directory; nothing runs yet. */
  static StockContainer prepare(Kind kind) throws Exception {
    Path base = STOCK.resolve("base-" + kind);
    Folders.delete(base);
    Files.createDirectories(base.resolve("webapps"));
    StockContainer container = new StockContainer(kind, base, Ports.free());
    if (kind.isTomcat()) {
      container.prepareTomcat();
    } else {
      container.prepareJetty();
    }
    return container;
  }

  private void prepareTomcat() throws IOException {
    for (String name : new String[] {"logs", "temp", "work"}) {
      Files.createDirectories(base.resolve(name));
    }
    copy(kind.home().resolve("conf"), base.resolve("conf"));
    Path serverXml = base.resolve("conf/server.xml");
    String server = Files.readString(serverXml);
    server =
        server
            .replace("<Server port=\"8005\"", "<Server port=\"-1\"")
            .replace(
                "<Connector port=\"8080\"",
                "<Connector address=\"127.0.0.1\" port=\"" + port + "\"")
            // so that a deleted application is noticed soon
            .replace("<Engine ", "<Engine backgroundProcessorDelay=\"1\" ");
    Files.writeString(serverXml, server);
  }

  private void prepareJetty() throws Exception {
    Process process =
        new ProcessBuilder(
                java(),
                "-jar",
                kind.home().resolve("start.jar").toString(),
                "--add-modules=http,ee10-deploy,ee10-websocket-jakarta,ee10-annotations")
            .directory(base.toFile())
            .redirectErrorStream(true)
            .redirectOutput(base.resolve("setup.log").toFile())
            .start();
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException("start.jar: " + Files.readString(base.resolve("setup.log")));
    }
    Files.createDirectories(base.resolve("etc"));
    Files.createDirectories(base.resolve("temp"));
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  int port() {
    return port;
  }

  /** Has it start with that much heap, and end where that is not enough. */
  StockContainer withHeap(String size) {
    heap = size;
    options.add("-XX:+ExitOnOutOfMemoryError");
    return this;
  }

  /** Has it start with one more option of the JVM's. */
  StockContainer withOption(String option) {
    options.add(option);
    return this;
  }

  /** Has it start with one more variable in its environment. */
  StockContainer withEnvironment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** Where it lives. */
  Path base() {
    return base;
  }

  /** Where it puts temporary files. */
  Path temporary() {
    return base.resolve("temp");
  }

  /** Where the distribution's WAR looks for its configuration outside itself. */
  Path configuration() {
    return base.resolve(kind.isTomcat() ? "conf/culvert.conf" : "etc/culvert.conf");
  }

  /** Starts it; returns when its port answers. */
  void start() throws Exception {
    ProcessBuilder builder = kind.isTomcat() ? tomcat() : jetty();
    builder.environment().putAll(environment);
    process =
        builder
            .directory(base.toFile())
            .redirectErrorStream(true)
            .redirectOutput(base.resolve("out.log").toFile())
            .start();
    boolean up = Await.until(Duration.ofSeconds(60), this::answers);
    if (!up) {
      throw new IOException(kind + " did not start: " + log());
    }
  }

  private List<String> allOptions() {
    List<String> all = new ArrayList<>(options);
    all.add("-Xmx" + heap);
    // caches by soft references would keep what is really gone
    all.add("-XX:SoftRefLRUPolicyMSPerMB=0");
    all.add("-Djdk.net.hosts.file=" + System.getProperty("jdk.net.hosts.file"));
    return all;
  }

  private ProcessBuilder tomcat() {
    ProcessBuilder builder =
        new ProcessBuilder("sh", kind.home().resolve("bin/catalina.sh").toString(), "run");
    Map<String, String> variables = builder.environment();
    variables.put("CATALINA_HOME", kind.home().toString());
    variables.put("CATALINA_BASE", base.toString());
    variables.put("JAVA_HOME", System.getProperty("java.home"));
    variables.put("CATALINA_OPTS", String.join(" ", allOptions()));
    variables.remove("JAVA_OPTS");
    return builder;
  }

  private ProcessBuilder jetty() {
    List<String> command = allOptions();
    command.add(0, java());
    command.add("-Djava.io.tmpdir=" + temporary());
    command.addAll(
        List.of(
            "-jar",
            kind.home().resolve("start.jar").toString(),
            "jetty.http.host=127.0.0.1",
            "jetty.http.port=" + port,
            "jetty.deploy.scanInterval=1"));
    return new ProcessBuilder(command);
  }

  /** The status of the answer to a request of its own, 0 where none comes. */
  int status(String path) {
    try (RawClient client = new RawClient(port)) {
      return client.request("GET " + path, "Connection: close").answer().status();
    } catch (IOException notYet) {
      return 0;
    }
  }

  private boolean answers() throws IOException {
    if (!process.isAlive()) {
      throw new IOException(kind + " ended: " + log());
    }
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }

  /** Drops an application in, whole at once; returns when a path of it answers something. */
  void deploy(Path war, String name) throws Exception {
    Path part = base.resolve(name + ".part");
    Files.copy(war, part, StandardCopyOption.REPLACE_EXISTING);
    Files.move(part, base.resolve("webapps").resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Takes an application away. */
  void undeploy(String name) throws IOException {
    Files.delete(base.resolve("webapps").resolve(name));
  }

  /** All it has said so far. */
  String log() throws IOException {
    return Files.readString(base.resolve("out.log"), StandardCharsets.ISO_8859_1);
  }

  /** What lives in its JVM. */
  Jvm jvm() {
    // catalina.sh execs java, so that the process is the JVM
    return new Jvm(process.pid(), base.resolve("jcmd.out"));
  }

  /** How many applications' class loaders are alive after a full collection. */
  int loaders() throws Exception {
    return jvm().instances(kind.loaderClass());
  }

  @Override
  public void close() throws Exception {
    if (process == null) {
      return;
    }
    process.destroy();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(kind + " did not stop on TERM: " + log());
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(dir).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(file, to.resolve(from.relativize(file).toString()));
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
