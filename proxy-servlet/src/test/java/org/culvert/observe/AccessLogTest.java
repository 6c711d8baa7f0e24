package org.culvert.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.culvert.observe.AccessLogSettings.Buffering;
import org.culvert.observe.AccessLogSettings.Named;
import org.culvert.observe.AccessLogSettings.OpenFiles;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.culvert.variable.VariableTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class AccessLogTest {
  @TempDir Path folder;

  private final VariableTable table = new VariableTable();
  private final int line = table.slot("line");

  private AccessLogSettings settings(Path file, String condition) throws Exception {
    return new AccessLogSettings(
        file.toString(),
        table.compile("<$line>", LogEscaping.NONE),
        condition == null ? null : table.compile(condition));
  }

  private Scope scope(String text) {
    Scope scope = new Scope();
    scope.slot(line, text);
    return scope;
  }

  @Test
  void aLineIsThereSoonAndWithoutClosing() throws Exception {
    Path file = folder.resolve("a.log");
    try (AccessLog log = new AccessLog(List.of(settings(file, null)))) {
      log.log(scope("one"));
      await(() -> lines(file).equals(List.of("<one>")));
      log.log(scope("two"));
      await(() -> lines(file).equals(List.of("<one>", "<two>")));
    }
  }

  @Test
  void octetsAreWrittenAsBytes() throws Exception {
    Path file = folder.resolve("a.log");
    try (AccessLog log = new AccessLog(List.of(settings(file, null)))) {
      log.log(scope("\u00c3\u00a9\u00ff"));
    }
    assertThat(Files.readAllBytes(file)).containsExactly('<', 0xc3, 0xa9, 0xff, '>', '\n');
  }

  @Test
  void linesOfManyThreadsAndTwoLogsAreWhole() throws Exception {
    Path file = folder.resolve("a.log");
    AccessLog one = new AccessLog(List.of(settings(file, null)));
    AccessLog two = new AccessLog(List.of(settings(folder.resolve("./a.log"), null)));
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      AccessLog log = t % 2 == 0 ? one : two;
      String text = Integer.toString(t).repeat(200);
      threads.add(new Thread(() -> IntStream.range(0, 500).forEach(i -> log.log(scope(text)))));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    one.close();
    two.log(scope("last"));
    two.close();
    List<String> lines = lines(file);
    assertThat(lines).hasSize(4001).endsWith("<last>");
    assertThat(lines.subList(0, 4000)).allMatch(l -> l.matches("<(\\d)\\1{199}>"));
  }

  @Test
  void theWriterEndsWithTheLastLog() throws Exception {
    Path file = folder.resolve("ends.log");
    AccessLog one = new AccessLog(List.of(settings(file, null)));
    AccessLog two = new AccessLog(List.of(settings(file, null)));
    one.close();
    assertThat(writers("ends.log")).isEqualTo(1);
    two.close();
    assertThat(writers("ends.log")).isZero();
  }

  @Test
  void isReopenedByItsName() throws Exception {
    Path file = folder.resolve("a.log");
    Path moved = folder.resolve("a.log.1");
    try (AccessLog log = new AccessLog(List.of(settings(file, null)))) {
      log.log(scope("one"));
      await(() -> lines(file).size() == 1);
      Files.move(file, moved);
      log.log(scope("two"));
      await(() -> lines(moved).size() == 2);
      AccessLog.reopenAll();
      log.log(scope("three"));
      await(() -> lines(file).equals(List.of("<three>")));
    }
    assertThat(lines(moved)).containsExactly("<one>", "<two>");
  }

  @Test
  void isAppendedTo() throws Exception {
    Path file = Files.writeString(folder.resolve("a.log"), "before\n");
    try (AccessLog log = new AccessLog(List.of(settings(file, null)))) {
      log.log(scope("after"));
    }
    assertThat(lines(file)).containsExactly("before", "<after>");
  }

  @Test
  void theConditionDecides() throws Exception {
    Path file = folder.resolve("a.log");
    try (AccessLog log = new AccessLog(List.of(settings(file, "$line")))) {
      for (String text : List.of("0", "", "1", "00", "no")) {
        log.log(scope(text));
      }
    }
    assertThat(lines(file)).containsExactly("<1>", "<00>", "<no>");
  }

  @Test
  void aFileThatCannotBeOpenedLeavesNoneOpen() throws Exception {
    Path good = folder.resolve("good.log");
    List<AccessLogSettings> settings =
        List.of(settings(good, null), settings(folder.resolve("none/a.log"), null));
    assertThatThrownBy(() -> new AccessLog(settings)).isInstanceOf(IOException.class);
    assertThat(writers("good.log")).isZero();
  }

  private AccessLogSettings buffered(Path file, int size, Duration flush, int gzip)
      throws Exception {
    AccessLogSettings plain = settings(file, null);
    return new AccessLogSettings(
        plain.path(), plain.format(), null, new Buffering(size, flush, gzip), null);
  }

  @Test
  void linesWaitUntilThereIsABufferOfThem() throws Exception {
    Path file = folder.resolve("a.log");
    try (AccessLog log = new AccessLog(List.of(buffered(file, 16, Duration.ZERO, 0)));
        AccessLog other = new AccessLog(List.of(settings(folder.resolve("b.log"), null)))) {
      log.log(scope("one"));
      log.log(scope("two"));
      other.log(scope("later"));
      await(() -> lines(folder.resolve("b.log")).size() == 1);
      assertThat(lines(file)).isEmpty();
      log.log(scope("three"));
      await(() -> lines(file).equals(List.of("<one>", "<two>", "<three>")));
      log.log(scope("four"));
    }
    assertThat(lines(file)).containsExactly("<one>", "<two>", "<three>", "<four>");
  }

  @Test
  void aLineDoesNotWaitLongerThanItsTime() throws Exception {
    Path file = folder.resolve("a.log");
    try (AccessLog log = new AccessLog(List.of(buffered(file, 1000, Duration.ofMillis(50), 0)))) {
      log.log(scope("one"));
      await(() -> lines(file).equals(List.of("<one>")));
    }
  }

  @Test
  void whatWaitedBeforeAReopeningIsTheOldFiles() throws Exception {
    Path file = folder.resolve("a.log");
    Path moved = folder.resolve("a.log.1");
    try (AccessLog log = new AccessLog(List.of(buffered(file, 1000, Duration.ZERO, 0)))) {
      log.log(scope("one"));
      Files.move(file, moved);
      AccessLog.reopenAll();
      log.log(scope("two"));
    }
    assertThat(lines(moved)).containsExactly("<one>");
    assertThat(lines(file)).containsExactly("<two>");
  }

  @Test
  void whatIsWrittenTogetherIsOneGzipMember() throws Exception {
    Path file = folder.resolve("a.log.gz");
    for (String text : List.of("one", "two")) {
      try (AccessLog log = new AccessLog(List.of(buffered(file, 1000, Duration.ZERO, 9)))) {
        log.log(scope(text));
        log.log(scope(text));
      }
    }
    try (GZIPInputStream gzip = new GZIPInputStream(Files.newInputStream(file))) {
      assertThat(new String(gzip.readAllBytes(), StandardCharsets.US_ASCII))
          .isEqualTo("<one>\n<one>\n<two>\n<two>\n");
    }
  }

  private AccessLogSettings named(String name, Path root, OpenFiles cache) throws Exception {
    return new AccessLogSettings(
        name,
        table.compile("<$line>", LogEscaping.NONE),
        null,
        Buffering.NONE,
        new Named(table.compile(folder + "/" + name), Template.constant(root.toString()), cache));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 10})
  void aNameMayHaveVariables(int max) throws Exception {
    OpenFiles cache =
        max == 0 ? OpenFiles.OFF : new OpenFiles(max, Duration.ofSeconds(9), 1, Duration.ZERO);
    try (AccessLog log = new AccessLog(List.of(named("$line.log", folder, cache)))) {
      for (String text : List.of("a", "b", "a", "c", "../b", "..", "d/e", "a\0")) {
        log.log(scope(text));
      }
    }
    assertThat(lines(folder.resolve("a.log"))).containsExactly("<a>", "<a>");
    assertThat(lines(folder.resolve("b.log"))).containsExactly("<b>");
    assertThat(lines(folder.resolve("c.log"))).containsExactly("<c>");
    assertThat(folder.resolve("d")).doesNotExist();
    assertThat(folder.getParent().resolve("b.log")).doesNotExist();
    await(() -> writers("names") == 0);
  }

  @Test
  void noFileIsMadeForARootThatIsNotThere() throws Exception {
    try (AccessLog log =
        new AccessLog(List.of(named("$line.log", folder.resolve("none"), OpenFiles.OFF)))) {
      log.log(scope("a"));
    }
    assertThat(folder.resolve("a.log")).doesNotExist();
  }

  @Test
  void anOpenFileThatWasMovedIsNoticed() throws Exception {
    Path file = folder.resolve("a.log");
    OpenFiles cache = new OpenFiles(5, Duration.ofSeconds(9), 2, Duration.ZERO);
    try (AccessLog log = new AccessLog(List.of(named("$line.log", folder, cache)))) {
      log.log(scope("a"));
      log.log(scope("a"));
      await(() -> lines(file).size() == 2);
      Files.move(file, folder.resolve("moved"));
      log.log(scope("a"));
      await(() -> lines(file).size() == 1);
      Files.move(file, folder.resolve("again"));
      AccessLog.reopenAll();
      log.log(scope("a"));
    }
    assertThat(lines(file)).containsExactly("<a>");
  }

  @Test
  void withoutAFileLinesGoToTheLogger() throws Exception {
    AccessLogSettings settings =
        new AccessLogSettings(AccessLog.LOGGER, Template.constant("a line"), null);
    try (AccessLog log = new AccessLog(List.of(settings))) {
      log.log(scope(""));
    }
    assertThat(Path.of(AccessLog.LOGGER)).doesNotExist();
  }

  private static long writers(String file) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("culvert-log " + file))
        .count();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.exists(file)
          ? Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1).lines().toList()
          : List.of();
    } catch (IOException e) {
      return List.of(e.toString());
    }
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }
}
