package org.culvert.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.culvert.variable.VariableTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

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
