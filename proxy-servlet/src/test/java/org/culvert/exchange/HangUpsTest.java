package org.culvert.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that hang up are noticed, whatever becomes of others' requests. */
@Timeout(30)
final class HangUpsTest {
  @Test
  void aRequestThatItsContainerHasBackDoesNotEndTheWatchOverOthers() throws Exception {
    try (Upstreams upstreams = Upstreams.open(List.of(), null);
        ServerSocketChannel listener = ServerSocketChannel.open()) {
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      HangUps hangUps = upstreams.timers().hangUps();
      CountDownLatch looked = new CountDownLatch(1);
      hangUps.watch(
          () -> {
            looked.countDown();
            throw new IllegalStateException("The request object has been recycled");
          },
          () -> {});
      assertThat(looked.await(10, TimeUnit.SECONDS)).isTrue();
      try (SocketChannel client = SocketChannel.open(listener.getLocalAddress());
          SocketChannel accepted = listener.accept()) {
        accepted.configureBlocking(false);
        CountDownLatch gone = new CountDownLatch(1);
        hangUps.watch(() -> HangUps.Line.bare(accepted), gone::countDown);
        client.close();
        assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
      }
    }
  }

  @Test
  void aDefectSaysNothingOfTheClientAndReadersRunOnAThreadOfTheirOwn() throws Exception {
    try (Upstreams upstreams = Upstreams.open(List.of(), null);
        ServerSocketChannel listener = ServerSocketChannel.open()) {
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      try (SocketChannel client = SocketChannel.open(listener.getLocalAddress());
          SocketChannel accepted = listener.accept()) {
        accepted.configureBlocking(false);
        client.write(ByteBuffer.wrap(new byte[] {1}));
        FaultyLine line = new FaultyLine(accepted);
        CountDownLatch gone = new CountDownLatch(1);
        upstreams.timers().hangUps().watch(() -> line, gone::countDown);
        assertThat(line.looks.take()).isEqualTo("culvert-timer");
        assertThat(line.looks.take()).isEqualTo("culvert-timer");
        assertThat(line.wakes.take()).startsWith("culvert-upstream");
        assertThat(gone.getCount()).isOne();
        line.ended = true;
        assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
      }
    }
  }

  @Test
  void oneLookThatFindsNothingToReadIsNotTheEndForWhoReadsMayHaveBeenFaster() throws Exception {
    try (Upstreams upstreams = Upstreams.open(List.of(), null);
        ServerSocketChannel listener = ServerSocketChannel.open()) {
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      try (SocketChannel client = SocketChannel.open(listener.getLocalAddress());
          SocketChannel accepted = listener.accept()) {
        accepted.configureBlocking(false);
        client.write(ByteBuffer.wrap(new byte[] {1}));
        AtomicInteger looks = new AtomicInteger();
        CountDownLatch more = new CountDownLatch(8);
        CountDownLatch gone = new CountDownLatch(1);
        HangUps.Line emptyNowAndThen =
            new HangUps.Line() {
              @Override
              public SocketChannel channel() {
                return accepted;
              }

              @Override
              public boolean hasEnded() {
                more.countDown();
                return looks.incrementAndGet() % 3 != 0;
              }
            };
        upstreams.timers().hangUps().watch(() -> emptyNowAndThen, gone::countDown);
        assertThat(more.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(gone.getCount()).isOne();
      }
    }
  }

  /** Fails at the first look, and whenever its reader is woken. */
  private static final class FaultyLine implements HangUps.Line {
    final BlockingQueue<String> looks = new LinkedBlockingQueue<>();
    final BlockingQueue<String> wakes = new LinkedBlockingQueue<>();
    private final SocketChannel channel;
    private final AtomicBoolean failed = new AtomicBoolean();
    volatile boolean ended;

    FaultyLine(SocketChannel channel) {
      this.channel = channel;
    }

    @Override
    public SocketChannel channel() {
      return channel;
    }

    @Override
    public boolean hasEnded() {
      looks.add(Thread.currentThread().getName());
      if (failed.compareAndSet(false, true)) {
        throw new IllegalStateException("a defect in the look");
      }
      return ended;
    }

    @Override
    public void wakeReader() {
      wakes.add(Thread.currentThread().getName());
      throw new IllegalStateException("a defect in the reader");
    }
  }
}
