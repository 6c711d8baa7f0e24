package org.culvert.it.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.culvert.it.Await;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;

/** Every file of the corpus, with nginx and with one form of Culvert. */
final class CorpusTests implements AutoCloseable {
  private static final Duration LOGS = Duration.ofSeconds(3);

  private final Stage stage = new Stage();
  private final Server nginx;
  private final Server culvert;
  private final Skips skips;

  /** What is made of the stage. */
  interface Maker {
    Server make(Stage stage) throws Exception;
  }

  /**
   * Starts both.
   *
   * @param culvert makes Culvert's
   * @param subjects its names in {@code skips.txt}
   */
  CorpusTests(Maker culvert, String... subjects) throws Exception {
    Assumptions.assumeTrue(ProcessServer.hasNginx(), "no nginx: apt-get install nginx-light");
    nginx = ProcessServer.nginx(stage);
    this.culvert = culvert.make(stage);
    skips = new Skips(List.of(subjects));
  }

  /** A test for each file. */
  Stream<DynamicTest> all() throws IOException {
    return CorpusFile.all().stream()
        .filter(file -> !skips.all(file))
        .map(file -> DynamicTest.dynamicTest(file.name(), () -> answersAlike(file)));
  }

  private void answersAlike(CorpusFile file) throws Exception {
    nginx.take(file);
    culvert.take(file);
    List<String> differences = new ArrayList<>();
    int number = 0;
    for (Conversation conversation : file.conversations()) {
      number++;
      // At the same time: some take seconds.
      CompletableFuture<String> other = CompletableFuture.supplyAsync(() -> held(conversation));
      String answered = culvert.comparable(culvert.hold(conversation));
      String expected = culvert.comparable(other.join());
      answered = framedAs(expected, answered);
      if (skips.one(file, number)) {
        assertThat(answered)
            .as("%s %d is skipped and is alike", file.name(), number)
            .isNotEqualTo(expected);
      } else if (!answered.equals(expected)) {
        differences.add(difference(number, conversation, expected, answered));
      }
    }
    if (!differences.isEmpty()) {
      throw new AssertionError(file.name() + String.join("", differences));
    }
    Await.until(LOGS, () -> culvert.logged().equals(nginx.logged()));
    assertThat(culvert.logged()).as("what %s logs", file.name()).isEqualTo(nginx.logged());
  }

  private String held(Conversation conversation) {
    try {
      return nginx.hold(conversation);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The one answer of a connection, whose body is all here, goes out with its length, which is a
   * write less; nginx sends what came without one in chunks.
   */
  private static String framedAs(String expected, String answered) {
    String chunked = "Transfer-Encoding: chunked\n";
    boolean one = answered.indexOf("HTTP/1.") == answered.lastIndexOf("\nHTTP/1.") + 1;
    if (!one || !expected.contains(chunked) || answered.contains(chunked)) {
      return answered;
    }
    List<String> head = new ArrayList<>(answered.lines().takeWhile(l -> !l.isEmpty()).toList());
    String rest = answered.substring(String.join("\n", head).length());
    if (!head.removeIf(field -> field.startsWith("Content-Length: "))) {
      return answered;
    }
    head.add(chunked.strip());
    List<String> fields = head.subList(1, head.size());
    fields.sort(Comparator.comparing(field -> field.replaceFirst(":.*", "")));
    return String.join("\n", head) + rest;
  }

  private static String difference(
      int number, Conversation conversation, String nginx, String culvert) {
    StringBuilder text = new StringBuilder("\n#### request " + number + "\n");
    text.append(conversation.bytes().stripTrailing()).append("\n#### - nginx + culvert\n");
    List<String> expected = nginx.lines().toList();
    List<String> answered = culvert.lines().toList();
    int alike = 0;
    while (alike < Math.min(expected.size(), answered.size())
        && expected.get(alike).equals(answered.get(alike))) {
      text.append("  ").append(expected.get(alike++)).append('\n');
    }
    expected.stream().skip(alike).forEach(line -> text.append("- ").append(line).append('\n'));
    answered.stream().skip(alike).forEach(line -> text.append("+ ").append(line).append('\n'));
    return text.toString();
  }

  @Override
  public void close() throws Exception {
    try (stage;
        nginx;
        culvert) {
      // Each is ended whatever becomes of the others.
    }
  }
}
