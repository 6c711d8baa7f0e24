package org.culvert.conf;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * POSIX file name patterns as {@code glob(3)} has them: "*", "?" and "[…]" within one name, a
 * leading "." matched only by itself.
 */
final class Glob {
  private Glob() {}

  static boolean isPattern(String text) {
    return text.chars().anyMatch(c -> c == '*' || c == '?' || c == '[');
  }

  /** The paths that match, sorted; none where nothing does. */
  static List<Path> expand(Path base, String pattern) throws IOException {
    List<Path> found = List.of(pattern.startsWith("/") ? base.getRoot() : base);
    for (String name : pattern.split("/")) {
      if (!name.isEmpty()) {
        found = isPattern(name) ? matches(found, name) : existing(found, name);
      }
    }
    List<Path> sorted = new ArrayList<>(found);
    sorted.sort(Comparator.comparing(Path::toString));
    return Collections.unmodifiableList(sorted);
  }

  private static List<Path> existing(List<Path> folders, String name) {
    List<Path> found = new ArrayList<>();
    for (Path folder : folders) {
      Path path = folder.resolve(name);
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        found.add(path);
      }
    }
    return found;
  }

  private static List<Path> matches(List<Path> folders, String name) throws IOException {
    List<Path> found = new ArrayList<>();
    Pattern regex = regex(name);
    for (Path folder : folders) {
      if (Files.isDirectory(folder) && Files.isReadable(folder)) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
          for (Path entry : entries) {
            if (regex.matcher(String.valueOf(entry.getFileName())).matches()) {
              found.add(entry);
            }
          }
        }
      }
    }
    return found;
  }

  private static Pattern regex(String name) {
    StringBuilder regex = new StringBuilder(name.startsWith(".") ? "" : "(?!\\.)");
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      int close = c == '[' ? name.indexOf(']', i + 2) : -1;
      if (c == '*') {
        regex.append(".*");
      } else if (c == '?') {
        regex.append('.');
      } else if (close > 0) {
        regex.append(characterClass(name.substring(i + 1, close)));
        i = close;
      } else {
        regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    try {
      return Pattern.compile(regex.toString(), Pattern.DOTALL);
    } catch (PatternSyntaxException e) {
      return Pattern.compile(Pattern.quote(name));
    }
  }

  private static String characterClass(String body) {
    boolean negated = body.startsWith("!") || body.startsWith("^");
    String members = negated ? body.substring(1) : body;
    String escaped = members.replaceAll("([\\\\\\[\\]&^])", "\\\\$1");
    return "[" + (negated ? "^" : "") + escaped + "]";
  }
}
