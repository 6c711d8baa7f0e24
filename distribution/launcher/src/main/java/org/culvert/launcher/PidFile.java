package org.culvert.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.culvert.observe.Errno;

/**
 * The file with the pid of the process that takes the signals: the front where there is one, as
 * nginx's holds its master's.
 *
 * @param path where it is
 */
record PidFile(Path path) {
  /** Writes this process's; who looks for the file finds it whole or not at all. */
  void write() throws LaunchException {
    Path fresh = path.resolveSibling(path.getFileName() + "." + master());
    try {
      Files.writeString(fresh, master() + "\n");
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new LaunchException("open() \"" + path + "\" failed " + Errno.of(e), e);
    }
  }

  /** Removes it, unless another process has put its own there meanwhile. */
  void remove() throws IOException {
    if (Files.exists(path) && Files.readString(path).trim().equals(master())) {
      Files.delete(path);
    }
  }

  /** The pid in it. The message of the exception is nginx's. */
  String read() throws LaunchException {
    String text;
    try {
      text = Files.readString(path).trim();
    } catch (IOException e) {
      throw new LaunchException("open() \"" + path + "\" failed " + Errno.of(e), e);
    }
    if (!text.matches("[1-9][0-9]{0,9}")) {
      throw new LaunchException("invalid PID number \"" + text + "\" in \"" + path + "\"");
    }
    return text;
  }

  private static String master() {
    return Optional.ofNullable(System.getProperty("culvert.front"))
        .orElseGet(() -> Long.toString(ProcessHandle.current().pid()));
  }
}
