package org.culvert.it.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The conversations whose answers may differ from nginx's: {@code skips.txt}, a line for each,
 * {@code SUBJECT TOPIC/BEHAVIOUR [NUMBER] reason}. Without a number the whole file is not asked; a
 * number's answer must differ, so that the list has nothing that it need not.
 */
final class Skips {
  private static final Path FILE = Path.of("src/test/resources/corpus/skips.txt");

  private final List<String[]> lines;

  /**
   * Reads the list.
   *
   * @param subjects what is under test, by all its names: {@code war}, {@code tomcat-11}
   */
  Skips(List<String> subjects) throws IOException {
    lines =
        Files.readAllLines(FILE).stream()
            .filter(line -> !line.isBlank() && !line.startsWith("#"))
            .map(line -> line.split(" +", 4))
            .filter(words -> subjects.contains(words[0]))
            .toList();
  }

  /** Whether a file is not asked at all. */
  boolean all(CorpusFile file) {
    return lines.stream().anyMatch(words -> matches(words, file) && !isNumber(words[2]));
  }

  /** Whether a conversation, from 1, must differ. */
  boolean one(CorpusFile file, int number) {
    return lines.stream()
        .anyMatch(words -> matches(words, file) && words[2].equals(String.valueOf(number)));
  }

  private static boolean matches(String[] words, CorpusFile file) {
    String name = words[1];
    return name.endsWith("/*")
        ? file.name().startsWith(name.substring(0, name.length() - 1))
        : file.name().equals(name);
  }

  private static boolean isNumber(String word) {
    return word.matches("[0-9]+");
  }
}
