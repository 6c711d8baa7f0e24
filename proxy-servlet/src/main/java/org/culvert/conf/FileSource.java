package org.culvert.conf;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file of configuration. As in nginx, {@code include} is relative to the folder of the main file,
 * also in included files.
 */
public final class FileSource implements Source {
  private final Path file;
  private final Path base;

  /** The main file. */
  public FileSource(Path file) {
    this(file.toAbsolutePath().normalize(), file.toAbsolutePath().normalize().getParent());
  }

  private FileSource(Path file, @Nullable Path base) {
    this.file = file;
    this.base = base == null ? file : base;
  }

  @Override
  public String name() {
    return file.toString();
  }

  @Override
  public String text() throws IOException {
    return Files.readString(file, StandardCharsets.ISO_8859_1);
  }

  @Override
  public String path(String name) {
    return base.resolve(Bytes.text(name)).toString();
  }

  @Override
  public List<Source> include(String pattern) throws IOException {
    return include(base, pattern);
  }

  static List<Source> include(Path base, String pattern) throws IOException {
    List<Source> found = new ArrayList<>();
    String name = Bytes.text(pattern);
    try {
      if (Glob.isPattern(name)) {
        for (Path match : Glob.expand(base, name)) {
          found.add(new FileSource(match, base));
        }
      } else {
        found.add(new FileSource(base.resolve(name), base));
      }
    } catch (InvalidPathException e) {
      throw new IOException("not a path: " + name, e);
    }
    return found;
  }
}
