package org.culvert.samples;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.websocket.SendResult;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class NumberStreamTest {
  @Test
  void countsFromWhereItIsTold() {
    ScriptedLine line = new ScriptedLine(true);
    NumberStream stream = new NumberStream(new Outbox(line, 64), 41, 1000);
    tickUntil(stream, line, 10);
    assertThat(numbers(line)).startsWith(41, 42, 43, 44);
  }

  @Test
  void isSilentWhilePausedAndLeavesNoNumberOut() {
    ScriptedLine line = new ScriptedLine(true);
    NumberStream stream = new NumberStream(new Outbox(line, 64), 1, 1000);
    tickUntil(stream, line, 5);
    assertThat(stream.obey("pause")).isTrue();
    int before = line.sent.size();
    IntStream.range(0, 20).forEach(i -> tick(stream));
    assertThat(line.sent).hasSize(before).last().asString().contains("\"paused\":true");
    assertThat(stream.obey("resume")).isTrue();
    tickUntil(stream, line, before + 10);
    assertThat(numbers(line))
        .isEqualTo(IntStream.rangeClosed(1, numbers(line).size()).boxed().toList());
  }

  @Test
  void countsSlowlyForASlowReaderAndNeverOverflows() {
    ScriptedLine line = new ScriptedLine(false);
    NumberStream stream = new NumberStream(new Outbox(line, 8), 1, 1000);
    IntStream.range(0, 50).forEach(i -> tick(stream));
    assertThat(stream.obey("rate 1000")).isTrue(); // there is room for the answer
    assertThat(line.isClosed()).isFalse();
    for (int i = 0; i < 20; i++) {
      line.finish(new SendResult());
      tick(stream);
    }
    assertThat(line.isClosed()).isFalse();
    List<Integer> numbers = numbers(line);
    assertThat(numbers).isEqualTo(IntStream.rangeClosed(1, numbers.size()).boxed().toList());
  }

  @Test
  void doesNotUnderstandAnythingElse() {
    NumberStream stream = new NumberStream(new Outbox(new ScriptedLine(true), 8), 1, 10);
    assertThat(stream.obey("rate fast")).isFalse();
    assertThat(stream.obey("")).isFalse();
    assertThat(stream.obey("rate 999999")).isTrue(); // as fast as it goes
  }

  private static void tickUntil(NumberStream stream, ScriptedLine line, int messages) {
    while (line.sent.size() < messages) {
      tick(stream);
    }
  }

  private static void tick(NumberStream stream) {
    LockSupport.parkNanos(1_000_000);
    stream.tick();
  }

  private static List<Integer> numbers(ScriptedLine line) {
    return line.sent.stream()
        .filter(message -> message.startsWith("{\"n\":"))
        .map(message -> Integer.valueOf(message.substring(5, message.indexOf(','))))
        .toList();
  }
}
