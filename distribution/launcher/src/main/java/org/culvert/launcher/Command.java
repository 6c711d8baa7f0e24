package org.culvert.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.FileSource;
import org.culvert.conf.Source;
import org.culvert.directive.Configuration;
import org.culvert.directive.ConfigurationReader;
import org.culvert.launcher.ErrorLog.Level;
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
    return read(new FileSource(configurationFile));
  }

  private Configuration read(Source source) throws ConfigurationException {
    return ConfigurationReader.read(
        source,
        new ConfigurationReader.Options(
            ConfigurationReader.Form.LAUNCHER, prefix.toString(), line.globals()));
  }

  /** Reads the configuration and keeps the text of every file of it, by name, each once. */
  Configuration read(Map<String, String> texts) throws ConfigurationException {
    return read(new Recorded(new FileSource(configurationFile), texts));
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

  /** Opens the error log: {@code -e}, else {@code error_log}, else stderr. */
  void openErrorLog(Configuration configuration) throws LaunchException {
    String name = line.errorLog() == null ? configuration.process().errorLog() : line.errorLog();
    Path path = name == null || name.equals("stderr") ? null : prefix.resolve(name);
    try {
      ErrorLog.process().open(path, Level.of(configuration.process().errorLogLevel()));
    } catch (IOException e) {
      throw new LaunchException("open() \"" + path + "\" failed " + Errno.of(e), e);
    }
  }

  /** A source that notes what is read from it, for {@code -T}. */
  private record Recorded(Source source, Map<String, String> texts) implements Source {
    @Override
    public String name() {
      return source.name();
    }

    @Override
    public String text() throws IOException {
      String text = source.text();
      texts.putIfAbsent(name(), text);
      return text;
    }

    @Override
    public String path(String file) {
      return source.path(file);
    }

    @Override
    public List<Source> include(String pattern) throws IOException {
      List<Source> included = new ArrayList<>();
      for (Source found : source.include(pattern)) {
        included.add(new Recorded(found, texts));
      }
      return included;
    }
  }
}
