package org.culvert.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.FileSource;
import org.culvert.directive.Configuration;
import org.culvert.directive.ConfigurationReader;
import org.culvert.launcher.ErrorLog.Level;
import org.culvert.observe.Errno;
import org.jspecify.annotations.Nullable;

/** What the command line asks for, with the places that it leaves out. */
final class Command {
  private final CommandLine line;
  private final Path prefix;
  private final Path configurationFile;

  /** Resolves the prefix and the configuration file. */
  Command(CommandLine line) throws LaunchException {
    this.line = line;
    try {
      String home = Optional.ofNullable(System.getProperty("culvert.home")).orElse("");
      prefix = Path.of(line.prefix() == null ? home : line.prefix()).toAbsolutePath().normalize();
      configurationFile = configurationFile();
    } catch (InvalidPathException e) {
      throw new LaunchException("not a path: " + e.getInput(), e);
    }
  }

  private Path configurationFile() {
    if (line.configuration() != null) {
      return prefix.resolve(line.configuration()).normalize();
    }
    Path nginx = prefix.resolve("conf/nginx.conf");
    return Files.exists(nginx) ? nginx : prefix.resolve("conf/culvert.conf");
  }

  /** The command line. */
  CommandLine line() {
    return line;
  }

  /** The configuration file. */
  Path file() {
    return configurationFile;
  }

  /** Reads the configuration. */
  Configuration read() throws ConfigurationException {
    return ConfigurationReader.read(
        new FileSource(configurationFile),
        new ConfigurationReader.Options(
            ConfigurationReader.Form.LAUNCHER, prefix.toString(), line.globals()));
  }

  /** {@code pid}, by default {@code logs/culvert.pid}. */
  Path pidPath(Configuration configuration) {
    return prefix.resolve(
        Optional.ofNullable(configuration.process().pid()).orElse("logs/culvert.pid"));
  }

  /** Makes the folder of the default logs and pid where the prefix has none yet. */
  void makeLogs() {
    try {
      Files.createDirectories(prefix.resolve("logs"));
    } catch (IOException unwritable) {
      // Only what wants to write there fails, and says so with its own path.
      ErrorLog.process().write(Level.DEBUG, "no folder for logs: " + unwritable);
    }
  }

  /** Whether the launcher is to go on in the background, as the front has it. */
  static boolean inBackground() {
    return "on".equals(System.getProperty("culvert.daemon"));
  }

  /** Where the error log is; null for stderr. */
  @Nullable Path errorLogPath(Configuration configuration) {
    String name = configuration.process().errorLog();
    if (name == null) {
      name = line.errorLog();
    }
    if (name == null && inBackground()) {
      name = "logs/error.log";
    }
    return name == null || name.equals("stderr") ? null : prefix.resolve(name);
  }

  /** Begins the error log in the file that {@code -e} names, if it does. */
  void beginErrorLog() throws LaunchException {
    String name = line.errorLog();
    if (name == null || name.equals("stderr")) {
      return;
    }
    try {
      ErrorLog.process().begin(prefix.resolve(name));
    } catch (IOException e) {
      throw new LaunchException("open() \"" + prefix.resolve(name) + "\" failed " + Errno.of(e), e);
    }
  }

  /**
   * Opens the error log: {@code error_log}, else {@code -e}, else stderr, or {@code logs/error.log}
   * where nobody would see that.
   */
  void openErrorLog(Configuration configuration) throws LaunchException {
    Path path = errorLogPath(configuration);
    try {
      ErrorLog.process().open(path, Level.of(configuration.process().errorLogLevel()));
    } catch (IOException e) {
      throw new LaunchException("open() \"" + path + "\" failed " + Errno.of(e), e);
    }
  }
}
