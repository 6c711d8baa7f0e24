package org.culvert.launcher;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.culvert.conf.ConfigurationException;
import org.culvert.launcher.CommandLine.UsageException;

/**
 * {@code culvert demo}: the sample pages on a backend, and Culvert in front of it with five lines
 * of configuration. Everything is bound to 127.0.0.1 and ends with the front.
 */
public final class Demo {
  private static final int PROXY_PORT = 8000;
  private static final int BACKEND_PORT = 8080;
  private static final String LOOPBACK = "127.0.0.1";
  private static final PrintStream out = System.out;

  private static final String CONFIGURATION =
      """
      pid       culvert.pid;
      error_log stderr;

      events {}

      http {
          access_log access.log;

          server {
              listen 127.0.0.1:%d;

              location / {
                  proxy_pass http://backend:%d;
                  proxy_set_header Upgrade $http_upgrade;
                  proxy_set_header Connection "upgrade";
                  proxy_set_header Host $host;
                  proxy_http_version 1.1;
              }
          }
      }
      """;

  private Demo() {}

  /**
   * Runs until told to stop.
   *
   * @param arguments the samples' WAR
   */
  public static void main(String[] arguments) throws Exception {
    int status = 1;
    Path folder = Files.createTempDirectory("culvert-demo");
    try {
      // "backend" is a name of the demo's alone; read by the JDK when it first resolves one.
      Path hosts = Files.writeString(folder.resolve("hosts"), "127.0.0.1 backend localhost\n");
      System.setProperty("jdk.net.hosts.file", hosts.toString());
      run(Path.of(arguments[0]), folder);
      status = 0;
    } catch (LaunchException e) {
      System.err.println("culvert: " + e.text());
    } catch (ConfigurationException e) {
      System.err.println("culvert: " + e.located());
    } finally {
      delete(folder);
    }
    Runtime.getRuntime().halt(status);
  }

  private static void run(Path war, Path folder) throws Exception {
    int backendPort = free(BACKEND_PORT);
    int proxyPort = free(PROXY_PORT);
    Path file = folder.resolve("culvert.conf");
    Files.writeString(file, CONFIGURATION.formatted(proxyPort, backendPort));

    DemoBackend backend = DemoBackend.start(war, backendPort, folder);
    Master master = start(file, folder);
    announce(backendPort, proxyPort);
    master.run();
    master.close();
    backend.stop();
  }

  private static Master start(Path file, Path folder)
      throws LaunchException, ConfigurationException {
    CommandLine line;
    try {
      line = CommandLine.parse("-p", folder.toString(), "-c", file.toString());
    } catch (UsageException e) {
      throw new LaunchException("no place for the demo: " + e.getMessage(), e);
    }
    Command command = new Command(line);
    Master master = new Master(command, command.read());
    Signals.handle(master::tell);
    master.start();
    return master;
  }

  private static void announce(int backendPort, int proxyPort) {
    if (backendPort != BACKEND_PORT) {
      out.println("Port " + BACKEND_PORT + " is taken: the backend listens on " + backendPort);
    }
    if (proxyPort != PROXY_PORT) {
      out.println("Port " + PROXY_PORT + " is taken: Culvert listens on " + proxyPort);
    }
    out.println("Culvert is in front of the sample pages: http://127.0.0.1:" + proxyPort + "/");
    out.println("Ctrl-C ends it.");
    out.flush();
  }

  /** The port asked for, or another one where it is taken. */
  private static int free(int wanted) throws IOException {
    for (int port : List.of(wanted, 0)) {
      try (ServerSocket probe = new ServerSocket()) {
        probe.setReuseAddress(true);
        probe.bind(new InetSocketAddress(LOOPBACK, port));
        return probe.getLocalPort();
      } catch (IOException taken) {
        if (port == 0) {
          throw taken;
        }
      }
    }
    throw new IOException("no free port");
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(
              file -> {
                try {
                  Files.delete(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    } catch (IOException | UncheckedIOException e) {
      System.err.println("culvert: " + folder + " could not be removed: " + e.getMessage());
    }
  }
}
