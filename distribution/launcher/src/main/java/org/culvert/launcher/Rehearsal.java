package org.culvert.launcher;

import java.io.IOException;
import java.net.BindException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.culvert.directive.Configuration;
import org.culvert.directive.LocationSettings;
import org.culvert.directive.ServerSettings;
import org.culvert.observe.AccessLog;
import org.culvert.observe.AccessLogSettings;
import org.culvert.observe.Errno;

/**
 * Opens what a start with a configuration would open, in the order of nginx's {@code
 * ngx_init_cycle}: the pid file, the logs, the sockets. {@code -t} does all of it; as with nginx
 * the files are made by it, and an address that is in use is no failure.
 */
final class Rehearsal {
  private Rehearsal() {}

  /** Everything, for {@code -t}. */
  static void all(Command command, Configuration configuration) throws LaunchException {
    command.makeLogs();
    pid(command.pidPath(configuration));
    Path errorLog = command.errorLogPath(configuration);
    if (errorLog != null) {
      append(errorLog);
    }
    accessLogs(configuration);
    for (Binding binding : Binding.of(configuration)) {
      bind(binding);
    }
  }

  /** The access logs alone. */
  static void accessLogs(Configuration configuration) throws LaunchException {
    Set<String> paths = new LinkedHashSet<>();
    configuration.servers().stream()
        .flatMap(ServerSettings::everyLocation)
        .map(LocationSettings::accessLogs)
        .flatMap(List::stream)
        .filter(log -> log.named() == null)
        .map(AccessLogSettings::path)
        .forEach(paths::add);
    paths.remove(AccessLog.LOGGER);
    for (String path : paths) {
      append(Path.of(path));
    }
  }

  private static void append(Path path) throws LaunchException {
    open(path, StandardOpenOption.APPEND);
  }

  /** A running process may have its pid there: nothing is written. */
  private static void pid(Path path) throws LaunchException {
    boolean running = Files.exists(path);
    open(path, StandardOpenOption.WRITE);
    if (!running) {
      // nginx leaves it there, empty, for the next "-s" to stumble over.
      path.toFile().delete();
    }
  }

  private static void open(Path path, StandardOpenOption how) throws LaunchException {
    try {
      FileChannel.open(path, StandardOpenOption.CREATE, how).close();
    } catch (IOException e) {
      throw new LaunchException("open() \"" + path + "\" failed " + Errno.of(e), e);
    }
  }

  private static void bind(Binding binding) throws LaunchException {
    try {
      ListeningSocket.bind(binding).close();
      ListeningSocket.unlink(binding);
    } catch (IOException e) {
      String reason = Errno.of(e);
      if (!(e instanceof BindException && reason.startsWith("(98:"))) {
        throw new LaunchException("bind() to " + binding + " failed " + reason, e);
      }
    }
  }
}
