package org.culvert.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls that stall hold up others briefly, and cuts not at all. */
@Timeout(60)
class RelayThreadsTest {
  /** Stalls until it is given up; tells both. */
  private static void stall(
      RelayThreads threads, int number, BlockingQueue<Integer> begun, Queue<Integer> givenUp) {
    CountDownLatch over = new CountDownLatch(1);
    threads.call(
        () -> {
          begun.add(number);
          try {
            over.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        },
        () -> {
          givenUp.add(number);
          threads.cut(over::countDown);
        });
  }

  @Test
  void givesUpTheLongestStalledWhereOthersWait() throws Exception {
    BlockingQueue<Integer> begun = new LinkedBlockingQueue<>();
    Queue<Integer> givenUp = new ConcurrentLinkedQueue<>();
    try (RelayThreads threads = RelayThreads.open()) {
      for (int i = 0; i < RelayThreads.WAITING; i++) {
        stall(threads, i, begun, givenUp);
      }
      Queue<Integer> order = new ConcurrentLinkedQueue<>();
      for (int i = 0; i < RelayThreads.WAITING; i++) {
        order.add(begun.take());
      }
      CountDownLatch cut = new CountDownLatch(1);
      threads.cut(cut::countDown);
      assertThat(cut.await(20, TimeUnit.SECONDS)).as("a cut runs").isTrue();
      assertThat(givenUp).as("nobody else wanted a thread").isEmpty();
      CountDownLatch another = new CountDownLatch(1);
      threads.call(another::countDown, () -> {});
      assertThat(another.await(20, TimeUnit.SECONDS)).as("another call runs").isTrue();
      assertThat(givenUp).hasSizeBetween(1, 2); // A slow thread may cost a second one.
      for (int i = 0; i < 300; i++) {
        stall(threads, 1000 + i, begun, givenUp);
      }
      for (int i = 0; i < 300; i++) {
        assertThat(begun.poll(20, TimeUnit.SECONDS)).as("a stalled call begins").isNotNull();
      }
      assertThat(threads.waiting()).isLessThanOrEqualTo(RelayThreads.WAITING);
      assertThat(givenUp).hasSizeBetween(301 - 1, 301 + RelayThreads.WAITING);
      for (int i = 0; i < 300; i++) {
        threads.call(() -> {}, () -> {});
      }
    }
  }

  /** What follows an end, its line in the log, may still be under way. */
  @Test
  void theLastToLeaveWaitsForWhatIsUnderWay() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    AtomicBoolean done = new AtomicBoolean();
    RelayThreads threads = RelayThreads.open();
    threads.follow(
        () -> {
          begun.countDown();
          try {
            go.await(300, TimeUnit.MILLISECONDS); // Nobody says so: the time of a slow log.
            done.set(true);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    begun.await();
    threads.closeAndJoin();
    assertThat(done).isTrue();
  }
}
