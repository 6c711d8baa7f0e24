package org.culvert.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.culvert.exchange.ProxySettings.UpstreamTls;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The process's clients, from the first user to the last. */
@Timeout(30)
final class UpstreamsTest {
  private static final UpstreamTls PLAIN = new UpstreamTls(false, null, false, null);

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("culvert-"))
        .filter(Thread::isAlive)
        .collect(Collectors.toSet());
  }

  /** Containers of earlier tests may be ending still. */
  @BeforeEach
  void nobodyElseHasAny() throws Exception {
    for (Thread thread : threads()) {
      thread.join(5000);
    }
    assertThat(threads()).as("threads that a test before this one left").isEmpty();
  }

  @Test
  void reloadsHandClientsOnAndTheLastUserEndsAllThreads() throws Exception {
    Upstreams first = Upstreams.open(List.of(), null);
    JettyClient client = first.clients().client(PLAIN);
    assertThat(first.clients().client(PLAIN)).isSameAs(client);
    CountDownLatch passed = new CountDownLatch(1);
    first.timers().start(Duration.ofMillis(1), passed::countDown);
    assertThat(passed.await(5, TimeUnit.SECONDS)).isTrue();
    int before = threads().size();
    for (int i = 0; i < 50; i++) {
      Upstreams next = Upstreams.open(List.of(), first);
      assertThat(next.clients().client(PLAIN)).isSameAs(client);
      first.close();
      first = next;
    }
    assertThat(threads()).hasSizeLessThanOrEqualTo(before);
    assertThat(first.clients().client(new UpstreamTls(true, null, false, null)))
        .isNotSameAs(client);
    assertThat(client.http().isRunning()).isTrue();
    first.close();
    first.close();
    Upstreams.awaitClosed(Duration.ofSeconds(20));
    assertThat(client.http().isRunning()).isFalse();
    for (Thread thread : threads()) {
      thread.join(5000);
    }
    assertThat(threads()).isEmpty();
  }

  @Test
  void aLimitThatIsTouchedDoesNotPassAndAPausedOneWaits() throws Exception {
    try (Upstreams upstreams = Upstreams.open(List.of(), null)) {
      CountDownLatch passed = new CountDownLatch(1);
      Timers.Limit limit = upstreams.timers().start(Duration.ofMillis(500), passed::countDown);
      for (int i = 0; i < 100; i++) {
        Thread.sleep(
            20); // A twenty-fifth of the time: a busy machine may be late, but not so late.
        limit.touch();
      }
      limit.pause();
      assertThat(passed.await(700, TimeUnit.MILLISECONDS)).isFalse();
      limit.touch();
      assertThat(passed.await(5, TimeUnit.SECONDS)).isTrue();
    }
  }
}
