package org.culvert.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class ChatTest {
  private final Chat chat = new Chat(Clock.fixed(Instant.ofEpochMilli(7), ZoneOffset.UTC));
  private final ScriptedLine ann = new ScriptedLine(true);
  private final ScriptedLine bob = new ScriptedLine(true);

  @Test
  void aNewcomerIsWelcomedAndTheOthersAreTold() {
    join("tea", "Ann", ann);
    join("tea", "Bob", bob);
    assertThat(ann.sent)
        .containsExactly(
            "{\"type\":\"welcome\",\"room\":\"tea\",\"you\":\"Ann\",\"here\":[\"Ann\"],\"history\":[]}",
            "{\"type\":\"joined\",\"name\":\"Bob\",\"here\":[\"Ann\",\"Bob\"]}");
    assertThat(bob.sent)
        .containsExactly(
            "{\"type\":\"welcome\",\"room\":\"tea\",\"you\":\"Bob\",\"here\":[\"Ann\",\"Bob\"],\"history\":[]}");
  }

  @Test
  void whatIsSaidReachesTheRoomAndNoOther() {
    Chat.Member speaker = join("tea", "Ann", ann);
    join("coffee", "Bob", bob);
    chat.say(speaker, "<b>hi</b>");
    assertThat(ann.sent)
        .last()
        .isEqualTo("{\"type\":\"said\",\"from\":\"Ann\",\"text\":\"<b>hi</b>\",\"at\":7}");
    assertThat(bob.sent).hasSize(1);
  }

  @Test
  void theLastMessagesGreetANewcomerAlsoInARoomThatWasEmpty() {
    Chat.Member speaker = join("tea", "Ann", ann);
    IntStream.rangeClosed(1, Chat.HISTORY + 1).forEach(i -> chat.say(speaker, "word " + i + "."));
    chat.leave(speaker);
    join("tea", "Bob", bob);
    assertThat(bob.sent.get(0))
        .doesNotContain("word 1.")
        .contains("word 2.", "word " + (Chat.HISTORY + 1) + ".");
  }

  @Test
  void aNameThatIsTakenGetsANumber() {
    join("tea", "Ann", ann);
    assertThat(join("tea", "ann", bob).name()).isEqualTo("ann 2");
    assertThat(join("tea", "Ann", new ScriptedLine(true)).name()).isEqualTo("Ann 3");
  }

  @Test
  void whoeverLeavesIsMissed() {
    join("tea", "Ann", ann);
    Chat.Member leaver = join("tea", "Bob", bob);
    chat.leave(leaver);
    assertThat(ann.sent)
        .last()
        .isEqualTo("{\"type\":\"left\",\"name\":\"Bob\",\"here\":[\"Ann\"]}");
  }

  @Test
  void emptyRoomsAreForgottenWhenThereAreMany() {
    for (int i = 0; i <= Chat.EMPTY_ROOMS; i++) {
      Chat.Member guest = join("room" + i, "guest", new ScriptedLine(true));
      chat.say(guest, "remember me");
      chat.leave(guest);
    }
    join("room0", "Ann", ann);
    assertThat(ann.sent.get(0)).contains("remember me");
    join("room" + Chat.EMPTY_ROOMS, "Bob", bob);
    assertThat(bob.sent.get(0)).doesNotContain("remember me");
  }

  @Test
  void everybodyHearsEverythingInTheSameOrder() throws Exception {
    Chat.Member one = join("tea", "Ann", ann);
    Chat.Member other = join("tea", "Bob", bob);
    ExecutorService speakers = Executors.newFixedThreadPool(2);
    try {
      List<Future<?>> done =
          Stream.of(one, other)
              .<Future<?>>map(
                  member ->
                      speakers.submit(
                          () -> IntStream.range(0, 90).forEach(i -> chat.say(member, "" + i))))
              .toList();
      for (Future<?> each : done) {
        each.get();
      }
    } finally {
      speakers.shutdownNow();
    }
    List<String> heard = ann.sent.subList(2, ann.sent.size());
    assertThat(heard).hasSize(180).isEqualTo(bob.sent.subList(1, bob.sent.size()));
  }

  private Chat.Member join(String room, String name, ScriptedLine line) {
    return chat.join(room, name, new Outbox(line, 200));
  }
}
