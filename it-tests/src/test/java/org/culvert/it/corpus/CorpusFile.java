package org.culvert.it.corpus;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One file of the corpus: a behaviour.
 *
 * @param name folder and name, without the ending
 * @param configuration what stands in {@code http}; comments and requests are in it still
 * @param answers what the backend sends, by the beginning of the path; raw bytes as characters
 * @param conversations what clients send, in the order of the file
 */
record CorpusFile(
    String name,
    String configuration,
    Map<String, String> answers,
    List<Conversation> conversations) {
  private static final Path FOLDER = Path.of("src/test/resources/corpus");
  private static final Pattern SHORT =
      Pattern.compile("([A-Z]+) (\\S+)((?: \\| [^|]+)*)(?: \\|\\| (.*))?");
  private static final Pattern ESCAPE = Pattern.compile("\\\\(n|r|t|c$|\\\\|x[0-9a-fA-F]{2})");

  /** Every file, in the order of names; only those that begin so where {@code -Dcorpus} says. */
  static List<CorpusFile> all() throws IOException {
    String only = System.getProperty("corpus", "");
    try (Stream<Path> files = Files.walk(FOLDER)) {
      List<CorpusFile> read = new ArrayList<>();
      for (Path file : files.filter(f -> f.toString().endsWith(".conf")).sorted().toList()) {
        String name = FOLDER.relativize(file).toString().replaceFirst("\\.conf$", "");
        if (name.startsWith(only)) {
          read.add(read(name, Files.readString(file, StandardCharsets.ISO_8859_1)));
        }
      }
      return read;
    }
  }

  /** Reads one; what it cannot read is an error with the line. */
  static CorpusFile read(String name, String text) {
    Reading reading = new Reading();
    for (String line : text.lines().toList()) {
      try {
        reading.line(line);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(name + ": " + e.getMessage() + ": " + line, e);
      }
    }
    reading.endRaw();
    if (reading.conversations.isEmpty()) {
      throw new IllegalArgumentException(name + " has no request");
    }
    return new CorpusFile(name, text, reading.answers, List.copyOf(reading.conversations));
  }

  /** Whether the configuration, comments left out, has this text. */
  boolean uses(String word) {
    return configuration
        .lines()
        .filter(line -> !line.startsWith("#"))
        .anyMatch(line -> line.contains(word));
  }

  private static String unescape(String text) {
    return ESCAPE
        .matcher(text)
        .replaceAll(
            found ->
                Matcher.quoteReplacement(
                    switch (found.group(1).charAt(0)) {
                      case 'n' -> "\n";
                      case 'r' -> "\r";
                      case 't' -> "\t";
                      case 'c' -> "";
                      case 'x' ->
                          String.valueOf((char) Integer.parseInt(found.group(1).substring(1), 16));
                      default -> "\\";
                    }));
  }

  /** A line of raw bytes: with CR LF behind it, unless it ends in {@code \c}. */
  private static String rawLine(String text) {
    return unescape(text) + (text.endsWith("\\c") ? "" : "\r\n");
  }

  private static final class Reading {
    private final Map<String, String> answers = new LinkedHashMap<>();
    private final List<Conversation> conversations = new ArrayList<>();
    private final StringBuilder raw = new StringBuilder();
    private String path = "*";
    private Map<String, String> options = Map.of();

    void line(String line) {
      if (line.startsWith("#>")) {
        raw.append(rawLine(line.length() > 2 ? line.substring(3) : ""));
        return;
      }
      endRaw();
      if (line.startsWith("#?")) {
        add(request(line.substring(3)));
      } else if (line.startsWith("#!")) {
        options = options(line.substring(3));
      } else if (line.startsWith("#@")) {
        path = line.substring(3).strip();
        answers.put(path, "");
      } else if (line.startsWith("#<")) {
        answers.merge(path, rawLine(line.length() > 2 ? line.substring(3) : ""), String::concat);
      }
    }

    void endRaw() {
      if (!raw.isEmpty()) {
        add(raw.toString());
        raw.setLength(0);
      }
    }

    private void add(String bytes) {
      conversations.add(new Conversation(bytes, options));
      options = Map.of();
    }

    private static Map<String, String> options(String text) {
      return Stream.of(text.strip().split("[ ,]+"))
          .map(option -> option.split("=", 2))
          .collect(Collectors.toMap(o -> o[0], o -> o.length > 1 ? o[1] : ""));
    }

    private static String request(String line) {
      Matcher request = SHORT.matcher(line.strip());
      if (!request.matches()) {
        throw new IllegalArgumentException("no \"METHOD /target | Field: value || body\"");
      }
      String fields = unescape(request.group(3)).replace(" | ", "\r\n");
      String body = request.group(4) == null ? "" : unescape(request.group(4));
      String host = fields.contains("\r\nHost:") ? "" : "\r\nHost: example.org";
      String connection = fields.contains("\r\nConnection:") ? "" : "\r\nConnection: close";
      return request.group(1)
          + " "
          + request.group(2)
          + " HTTP/1.1"
          + host
          + fields
          + connection
          + "\r\n\r\n"
          + body;
    }
  }
}
