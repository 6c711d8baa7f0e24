package org.culvert.rewrite;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Predicate;
import org.culvert.http.Octets;
import org.culvert.variable.CapturingRegex;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;

/** What stands in the brackets of {@code if} (nginx, {@code ngx_http_rewrite_if_condition}). */
public sealed interface Condition {
  /** Whether it holds for a request now. */
  boolean holds(Scope scope);

  /** {@code ($x)}: neither empty nor "0". */
  record Filled(Template value) implements Condition {
    @Override
    public boolean holds(Scope scope) {
      String text = value.evaluate(scope);
      return !text.isEmpty() && !text.equals("0");
    }
  }

  /** {@code ($x = text)}, by every character. */
  record Equal(Template value, Template text) implements Condition {
    @Override
    public boolean holds(Scope scope) {
      return value.evaluate(scope).equals(text.evaluate(scope));
    }
  }

  /**
   * {@code ($x ~ regex)}: the groups are {@code $1} to {@code $9} from then on, and none where it
   * does not match.
   */
  record Match(Template value, CapturingRegex regex) implements Condition {
    @Override
    public boolean holds(Scope scope) {
      return regex.findOrForget(value.evaluate(scope), scope);
    }
  }

  /** {@code (-f file)} and its like. */
  record InFiles(FileTest test, Template path) implements Condition {
    @Override
    public boolean holds(Scope scope) {
      String name = path.evaluate(scope);
      try {
        return !name.isEmpty() && test.is.test(Path.of(Octets.text(name)));
      } catch (InvalidPathException notANameHere) {
        return false;
      }
    }
  }

  /** The operators with "!". */
  record Not(Condition condition) implements Condition {
    @Override
    public boolean holds(Scope scope) {
      return !condition.holds(scope);
    }
  }

  /** What a file may be; links are followed. */
  enum FileTest {
    /** {@code -f}. */
    FILE(Files::isRegularFile),
    /** {@code -d}. */
    DIRECTORY(Files::isDirectory),
    /** {@code -e}. */
    EXISTS(Files::exists),
    /** {@code -x}. */
    EXECUTABLE(Files::isExecutable);

    private final Predicate<Path> is;

    FileTest(Predicate<Path> is) {
      this.is = is;
    }
  }
}
