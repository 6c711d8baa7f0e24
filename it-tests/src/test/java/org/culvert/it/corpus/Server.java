package org.culvert.it.corpus;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.culvert.it.Folders;

/** One of the two that are compared: takes a file's configuration, and answers. */
abstract class Server implements AutoCloseable {
  private static final Pattern PORT = Pattern.compile("\\bPORT([0-9]?)\\b");
  private static final Pattern ERROR_LINE =
      Pattern.compile("(?m)^[0-9/]+ [0-9:]+ \\[([a-z]+)\\] [0-9]+#[0-9]+: (?:\\*[0-9]+ )?");

  private final Stage stage;
  private final Path home;
  private final Backends backends;
  private int[] ports = {};

  /**
   * Prepares it.
   *
   * @param home a folder of its own
   */
  Server(Stage stage, String home) throws IOException {
    this.stage = stage;
    this.home = Files.createDirectory(stage.root.resolve(home));
    Files.createDirectory(logs());
    backends = new Backends(stage.root.resolve(home + ".sock"));
  }

  /** Where it writes what the configuration has logged. */
  final Path logs() {
    return home.resolve("logs");
  }

  /** Its folder. */
  final Path home() {
    return home;
  }

  /** Takes a configuration; returns when it answers by it. */
  final void take(CorpusFile file) throws Exception {
    Folders.delete(logs());
    Files.createDirectory(logs());
    ports = choosePorts();
    Map<String, String> answers = new LinkedHashMap<>(file.answers());
    answers.replaceAll((path, answer) -> fill(answer));
    backends.script(answers);
    configure(fill(file.configuration()));
  }

  /** Ends what it runs. */
  abstract void stop() throws Exception;

  @Override
  public final void close() throws Exception {
    try (backends) {
      stop();
    }
  }

  /** The ports that the configuration is to have, three at least. */
  abstract int[] choosePorts();

  /** Goes over to a configuration, which is what stands in {@code http}. */
  abstract void configure(String http) throws Exception;

  /** The number of its first, second … port. */
  final int port(int number) {
    return ports[number - 1];
  }

  /** Puts addresses and folders in the place of their names. */
  final String fill(String text) {
    return PORT.matcher(backends.fill(stage.fill(text)))
        .replaceAll(
            found ->
                String.valueOf(
                    port(found.group(1).isEmpty() ? 1 : Integer.parseInt(found.group(1)))))
        .replaceAll("\\bLOGS\\b", logs().toString());
  }

  private String mask(String text) {
    String masked =
        backends.mask(stage.mask(text)).replace(logs().toString(), "LOGS").replace(home + "/", "");
    for (int i = ports.length; i > 0; i--) {
      if (i > 1 && port(i) == port(1)) {
        continue;
      }
      masked = masked.replaceAll("\\b" + port(i) + "\\b", i == 1 ? "PORT" : "PORT" + i);
    }
    return masked;
  }

  /** What of an answer can be this server's at all. */
  String comparable(String answer) {
    return answer;
  }

  /** Has a conversation, and tells what came back and what the backends saw of it. */
  final String hold(Conversation conversation) throws IOException {
    backends.takeSeen();
    String text = conversation.hold(this).text() + backends.takeSeen();
    return mask(text);
  }

  /** What it has logged, without time and numbers of processes and connections. */
  final String logged() throws IOException {
    StringBuilder text = new StringBuilder();
    try (Stream<Path> files = Files.walk(logs())) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        String lines = ERROR_LINE.matcher(content(file)).replaceAll("[$1] ");
        if (!lines.isEmpty()) { // Who was told to reopen may have made the last one's once more.
          text.append("== ").append(logs().relativize(file)).append('\n').append(lines);
        }
      }
    }
    return mask(text.toString());
  }

  private static String content(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length > 2 && bytes[0] == 0x1f && (bytes[1] & 0xff) == 0x8b) {
      try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
        bytes = in.readAllBytes();
      }
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** The lines of a file that matter when something went wrong. */
  static List<String> lines(Path file, Predicate<String> which) throws IOException {
    return Files.exists(file)
        ? new ArrayList<>(
            Files.readString(file, StandardCharsets.ISO_8859_1).lines().filter(which).toList())
        : List.of();
  }
}
