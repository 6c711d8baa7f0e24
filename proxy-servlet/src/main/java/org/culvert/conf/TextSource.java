package org.culvert.conf;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A configuration given as text: from inside an archive, or from a program. */
public final class TextSource implements Source {
  private final String name;
  private final String text;
  private final @Nullable Path base;

  /** A text that can include absolute paths only. */
  public TextSource(String name, String text) {
    this(name, text, null);
  }

  /**
   * A text whose relative includes are looked for in a folder.
   *
   * @param name what messages call it
   * @param base the folder, or null where there is none
   */
  public TextSource(String name, String text, @Nullable Path base) {
    this.name = name;
    this.text = Bytes.of(text);
    this.base = base;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String text() {
    return text;
  }

  @Override
  public String path(String file) {
    return base == null ? Bytes.text(file) : base.resolve(Bytes.text(file)).toString();
  }

  @Override
  public List<Source> include(String pattern) throws IOException {
    if (base != null) {
      return FileSource.include(base.toAbsolutePath(), pattern);
    }
    if (pattern.startsWith("/")) {
      return FileSource.include(Path.of("/"), pattern);
    }
    throw new FileNotFoundException(pattern + " is relative, and " + name + " is in no folder");
  }
}
