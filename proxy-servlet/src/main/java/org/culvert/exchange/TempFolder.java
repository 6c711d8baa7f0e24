package org.culvert.exchange;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.culvert.http.GatewayFailure;
import org.culvert.http.Octets;
import org.culvert.observe.Errno;

/**
 * Where temporary files are made ({@code client_body_temp_path} and the like): numbered, in a
 * hierarchy of folders by the last digits of the number. Everything here may wait for a disk.
 *
 * @param folder where; made when it is not there. An octet string; "" for the machine's own folder
 *     for temporary files
 * @param levels how many digits the name of each folder has, from the outermost on; at most three
 */
public record TempFolder(String folder, List<Integer> levels) {
  /** The machine's own. */
  public static final TempFolder SYSTEM = new TempFolder("", List.of());

  private static final Set<StandardOpenOption> NEW =
      Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
  private static final FileAttribute<?> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final AtomicLong NUMBER = new AtomicLong();

  /**
   * A file that was made.
   *
   * @param channel for reading and writing
   * @param path its name, which is there no more where it was not to be kept
   */
  record TempFile(FileChannel channel, Path path) {}

  /**
   * Makes a file that nobody else may read.
   *
   * @param named whether it keeps its name; else it is gone when its channel is closed, or the
   *     process has ended
   * @throws IOException whose cause is a {@link GatewayFailure}, where none can be made
   */
  TempFile create(boolean named) throws IOException {
    Path path = null;
    try {
      if (folder.isEmpty()) {
        path = Files.createTempFile("culvert-body-", ".tmp");
        return new TempFile(open(path, named), path);
      }
      Path base = Path.of(Octets.text(folder));
      Files.createDirectories(base);
      while (true) {
        path = numbered(base, String.format(Locale.ROOT, "%010d", NUMBER.incrementAndGet()));
        if (!levels.isEmpty()) {
          Files.createDirectories(path.getParent());
        }
        try {
          FileChannel.open(path, NEW, PRIVATE).close();
          return new TempFile(open(path, named), path);
        } catch (FileAlreadyExistsException e) {
          continue; // From before a restart.
        }
      }
    } catch (IOException e) {
      String name = path == null ? Octets.text(folder) : path.toString();
      throw new IOException(
          new GatewayFailure(
              GatewayFailure.Kind.INTERNAL, "open() \"" + name + "\" failed " + Errno.of(e), e));
    }
  }

  private static FileChannel open(Path path, boolean named) throws IOException {
    return named
        ? FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)
        : FileChannel.open(
            path,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
  }

  /** Nginx's hierarchy: the last digits name the outermost folder, those before them the next. */
  private Path numbered(Path base, String number) {
    Path at = base;
    int end = number.length();
    for (int digits : levels) {
      at = at.resolve(number.substring(end - digits, end));
      end -= digits;
    }
    return at.resolve(number);
  }
}
