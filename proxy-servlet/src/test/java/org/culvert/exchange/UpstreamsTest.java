package org.culvert.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.culvert.exchange.ProxySettings.UpstreamTls;
import org.culvert.http.GatewayFailure;
import org.eclipse.jetty.util.component.LifeCycle;
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
    assertThat(client.connector().isRunning()).isTrue();
    first.close();
    first.close();
    Upstreams.awaitClosed(Duration.ofSeconds(20));
    assertThat(client.connector().isRunning()).isFalse();
    for (Thread thread : threads()) {
      thread.join(5000);
    }
    assertThat(threads()).isEmpty();
  }

  @Test
  void thePoolOutlivesTheLastClientWhateverBecomesOfTheOthers() throws Exception {
    Upstreams retired = Upstreams.open(List.of(), null);
    JettyClient slow = retired.clients().client(PLAIN);
    Upstreams current = Upstreams.open(List.of(), retired);
    JettyClient broken = current.clients().client(new UpstreamTls(true, null, false, null));
    LifeCycle pool = (LifeCycle) slow.connector().getExecutor();
    CountDownLatch stopping = new CountDownLatch(1);
    CountDownLatch othersStopped = new CountDownLatch(1);
    AtomicBoolean inTime = new AtomicBoolean();
    slow.connector()
        .addEventListener(
            new LifeCycle.Listener() {
              @Override
              public void lifeCycleStopping(LifeCycle client) {
                stopping.countDown();
                await(othersStopped);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
                inTime.set(pool.isRunning());
              }
            });
    broken
        .connector()
        .addEventListener(
            new LifeCycle.Listener() {
              @Override
              public void lifeCycleStopped(LifeCycle client) {
                othersStopped.countDown();
                throw new IllegalStateException("the client that cannot stop");
              }
            });
    retired.close();
    await(stopping);
    current.close();
    Upstreams.awaitClosed(Duration.ofSeconds(20));
    assertThat(inTime).as("the pool runs while a client stops").isTrue();
    for (Thread thread : threads()) {
      thread.join(5000);
    }
    assertThat(threads()).isEmpty();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aDialThatCannotEvenBeginFailsOnce() throws Exception {
    try (Upstreams upstreams = Upstreams.open(List.of(), null)) {
      JettyOrigin unresolved =
          new JettyOrigin(
              "http",
              "x",
              InetSocketAddress.createUnresolved("x.test", 80),
              "x",
              0,
              LocalAddress.ANY);
      AtomicInteger failures = new AtomicInteger();
      upstreams
          .clients()
          .client(PLAIN)
          .connect(
              unresolved,
              false,
              Duration.ofMillis(50),
              new JettyClient.Dialled() {
                @Override
                public void connected(JettyUpstreamConnection connection, boolean reused) {}

                @Override
                public void failed(GatewayFailure failure) {
                  failures.incrementAndGet();
                }
              });
      assertThat(failures).hasValue(1);
      CountDownLatch limitPassed = new CountDownLatch(1);
      upstreams.timers().start(Duration.ofMillis(100), limitPassed::countDown);
      await(limitPassed);
      assertThat(failures).hasValue(1);
    }
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
