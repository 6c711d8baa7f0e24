package org.culvert.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
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
            line(
                accepted,
                () -> {
                  more.countDown();
                  return looks.incrementAndGet() % 3 != 0;
                });
        upstreams.timers().hangUps().watch(() -> emptyNowAndThen, gone::countDown);
        assertThat(more.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(gone.getCount()).isOne();
      }
    }
  }

  /** A trickled upload: each look that finds it readable is deceived, others find it at rest. */
  @Test
  void looksThatAreDeceivedNowAndThenAreNotTheEnd() throws Exception {
    try (Upstreams upstreams = Upstreams.open(List.of(), null);
        ServerSocketChannel listener = ServerSocketChannel.open()) {
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      try (SocketChannel other = SocketChannel.open(listener.getLocalAddress());
          SocketChannel busy = listener.accept();
          SocketChannel client = SocketChannel.open(listener.getLocalAddress());
          SocketChannel accepted = listener.accept()) {
        busy.configureBlocking(false);
        accepted.configureBlocking(false);
        other.write(ByteBuffer.wrap(new byte[] {1}));
        BlockingQueue<Boolean> looks = new LinkedBlockingQueue<>();
        BlockingQueue<Boolean> deceived = new LinkedBlockingQueue<>();
        CountDownLatch gone = new CountDownLatch(1);
        HangUps hangUps = upstreams.timers().hangUps();
        hangUps.watch(() -> line(busy, () -> !looks.add(true)), () -> {});
        hangUps.watch(
            () ->
                line(
                    accepted,
                    () -> {
                      accepted.read(ByteBuffer.allocate(1));
                      return deceived.add(true);
                    }),
            gone::countDown);
        for (int i = 0; i < 4; i++) {
          client.write(ByteBuffer.wrap(new byte[] {1}));
          assertThat(deceived.poll(10, TimeUnit.SECONDS)).isTrue();
          looks.clear();
          for (int look = 0; look < 2; look++) { // One of them found it at rest.
            assertThat(looks.poll(10, TimeUnit.SECONDS)).isTrue();
          }
        }
        assertThat(gone.getCount()).isOne();
      }
    }
  }

  private interface Look {
    boolean hasEnded() throws IOException;
  }

  private static HangUps.Line line(SocketChannel channel, Look look) {
    return new HangUps.Line() {
      @Override
      public SocketChannel channel() {
        return channel;
      }

      @Override
      public boolean hasEnded() throws IOException {
        return look.hasEnded();
      }
    };
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
