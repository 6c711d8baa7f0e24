package org.culvert.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
}
