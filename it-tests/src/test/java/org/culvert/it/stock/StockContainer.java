package org.culvert.it.stock;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.culvert.it.Await;

/**
 * One stock container: an unpacked download and a base directory of its own, a JVM with a small
 * heap on a loopback port, ended by its process.
 */
final class StockContainer implements AutoCloseable {
  private static final Path STOCK = Path.of(System.getProperty("culvert.it.stock"));

  private final Kind kind;
  private final Path base;
  private final int port;
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
    delete(base);
    Files.createDirectories(base.resolve("webapps"));
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    StockContainer container = new StockContainer(kind, base, port);
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
                "--add-modules=http,ee10-deploy,ee10-websocket-jakarta")
            .directory(base.toFile())
            .redirectErrorStream(true)
            .redirectOutput(base.resolve("setup.log").toFile())
            .start();
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException("start.jar: " + Files.readString(base.resolve("setup.log")));
    }
    Files.createDirectories(base.resolve("etc"));
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  int port() {
    return port;
  }

  /** Where the distribution's WAR looks for its configuration outside itself. */
  Path configuration() {
    return base.resolve(kind.isTomcat() ? "conf/culvert.conf" : "etc/culvert.conf");
  }

  /** Starts it; returns when its port answers. */
  void start() throws Exception {
    List<String> options =
        new ArrayList<>(
            List.of(
                "-Xmx128m",
                // caches by soft references would keep what is really gone
                "-XX:SoftRefLRUPolicyMSPerMB=0",
                "-Djdk.net.hosts.file=" + System.getProperty("jdk.net.hosts.file")));
    ProcessBuilder builder;
    if (kind.isTomcat()) {
      builder = new ProcessBuilder("sh", kind.home().resolve("bin/catalina.sh").toString(), "run");
      Map<String, String> environment = builder.environment();
      environment.put("CATALINA_HOME", kind.home().toString());
      environment.put("CATALINA_BASE", base.toString());
      environment.put("JAVA_HOME", System.getProperty("java.home"));
      environment.put("CATALINA_OPTS", String.join(" ", options));
      environment.remove("JAVA_OPTS");
    } else {
      options.add(0, java());
      options.addAll(
          List.of(
              "-jar",
              kind.home().resolve("start.jar").toString(),
              "jetty.http.host=127.0.0.1",
              "jetty.http.port=" + port,
              "jetty.deploy.scanInterval=1"));
      builder = new ProcessBuilder(options);
    }
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

  /** How many applications' class loaders are alive after a full collection. */
  int loaders() throws Exception {
    return instances(kind.loaderClass());
  }

  /** How many instances of a class are alive after a full collection. */
  int instances(String className) throws Exception {
    Matcher line =
        Pattern.compile(
                "(?m)^\\s*\\d+:\\s+(\\d+)\\s+\\d+\\s+" + Pattern.quote(className) + "(\\s|$)")
            .matcher(jcmd("GC.class_histogram"));
    int count = 0;
    while (line.find()) {
      count += Integer.parseInt(line.group(1));
    }
    return count;
  }

  /** The names of its threads. */
  List<String> threads() throws Exception {
    Matcher names = Pattern.compile("(?m)^\"([^\"]+)\"").matcher(jcmd("Thread.print"));
    List<String> threads = new ArrayList<>();
    while (names.find()) {
      threads.add(names.group(1));
    }
    return threads;
  }

  private String jcmd(String command) throws Exception {
    // catalina.sh execs java, so that the process is the JVM
    Path answer = base.resolve("jcmd.out");
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                String.valueOf(process.pid()),
                command)
            .redirectErrorStream(true)
            .redirectOutput(answer.toFile())
            .start();
    if (!jcmd.waitFor(30, TimeUnit.SECONDS) || jcmd.exitValue() != 0) {
      jcmd.destroyForcibly();
      throw new IOException("jcmd " + command + ": " + Files.readString(answer));
    }
    return Files.readString(answer);
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

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, IOException error)
              throws IOException {
            Files.delete(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
