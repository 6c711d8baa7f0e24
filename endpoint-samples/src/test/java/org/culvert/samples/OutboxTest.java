package org.culvert.samples;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.websocket.CloseReason;
import jakarta.websocket.SendHandler;
import jakarta.websocket.SendResult;
import java.io.IOException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class OutboxTest {
  private static final SendResult OK = new SendResult();

  @BeforeAll
  static void start() {
    Threads.start();
  }

  @AfterAll
  static void stop() {
    Threads.stop();
  }

  @Test
  void sendsOneMessageAtATimeInOrder() {
    ScriptedLine line = new ScriptedLine(false);
    Outbox outbox = new Outbox(line, 10);
    outbox.send("1");
    outbox.send("2");
    outbox.send("3");
    assertThat(line.sent).containsExactly("1");
    line.finish(OK);
    assertThat(line.sent).containsExactly("1", "2");
    assertThat(outbox.isEmpty()).isFalse();
    line.finish(OK);
    line.finish(OK);
    assertThat(line.sent).containsExactly("1", "2", "3");
    assertThat(outbox.isEmpty()).isTrue();
  }

  @Test
  void whatIsAddedWaitsForTheFlush() {
    ScriptedLine line = new ScriptedLine(true);
    Outbox outbox = new Outbox(line, 10);
    outbox.add("1");
    assertThat(line.sent).isEmpty();
    outbox.flush();
    assertThat(line.sent).containsExactly("1");
  }

  @Test
  void sendsThatFinishAtOnceDoNotNest() {
    ScriptedLine line = new ScriptedLine(true);
    Outbox outbox = new Outbox(line, 1_000_000);
    IntStream.range(0, 1_000_000).forEach(i -> outbox.add("x"));
    outbox.flush();
    assertThat(line.sent).hasSize(1_000_000);
  }

  @Test
  void aClientThatReadsTooSlowlyIsClosedWith1013() throws Exception {
    ScriptedLine line = new ScriptedLine(false);
    Outbox outbox = new Outbox(line, 2);
    outbox.send("under way");
    outbox.send("waits");
    outbox.send("waits");
    assertThat(outbox.room()).isZero();
    assertThat(line.isClosed()).isFalse();
    outbox.send("one too many");
    assertThat(line.awaitCloseCode()).isEqualTo(1013);
    line.finish(OK);
    outbox.send("after the end");
    assertThat(line.sent).containsExactly("under way");
  }

  @Test
  void nothingFollowsASendThatFailed() {
    ScriptedLine line = new ScriptedLine(false);
    Outbox outbox = new Outbox(line, 10);
    outbox.send("1");
    outbox.send("2");
    line.finish(new SendResult(new IOException("reset")));
    outbox.send("3");
    assertThat(line.sent).containsExactly("1");
  }

  @Test
  void aSessionThatIsClosedAlreadyIsNoError() {
    Outbox outbox =
        new Outbox(
            new Outbox.Line() {
              @Override
              public void send(String message, SendHandler handler) {
                throw new IllegalStateException("closed");
              }

              @Override
              public void close(CloseReason reason) {}
            },
            10);
    outbox.send("1");
    outbox.send("2");
    assertThat(outbox.isEmpty()).isTrue();
  }
}
