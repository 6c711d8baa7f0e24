package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.culvert.exchange.Upstreams;
import org.culvert.http.HeaderFields;
import org.culvert.tunnel.FrameMeter;
import org.culvert.tunnel.TunnelSocket;
import org.culvert.upgrade.AcceptedTunnel;
import org.culvert.upgrade.JettyTunnelSocket;
import org.culvert.upgrade.RelayEnd;
import org.culvert.upgrade.RelaySettings;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A backend whose tunnel cannot begin. */
@Timeout(60)
class TunnelHandoverTest {
  private static final RelaySettings TIMES =
      new RelaySettings(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(5));

  /** An endpoint that no selector has, and from which nothing can be made but its end. */
  private static final class EndPoint extends SocketChannelEndPoint {
    EndPoint(SocketChannel channel) {
      super(channel, null, null, null);
    }

    @Override
    public SocketChannel getChannel() {
      throw new OutOfMemoryError("unable to create native thread");
    }

    @Override
    public void doClose() {
      try {
        super.getChannel().close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Test
  void cutsBothSidesAndTellsOfItWhateverKeepsTheTunnelFromBeginning() throws Exception {
    BlockingQueue<RelayEnd> ended = new LinkedBlockingQueue<>();
    AtomicInteger closes = new AtomicInteger();
    try (TestOrigin origin = new TestOrigin(talk -> talk.in.read());
        SocketChannel unused = SocketChannel.open();
        SocketChannel backend = SocketChannel.open(origin.address());
        Upstreams upstreams = Upstreams.open(List.of(), null);
        TunnelUpgrade upgrade = new TunnelUpgrade()) {
      AcceptedTunnel accepted =
          new AcceptedTunnel(
              JettyTunnelSocket.of(new EndPoint(backend), socket -> {}),
              new HeaderFields(),
              FrameMeter.ReservedBits.NONE,
              TIMES,
              upstreams.timers());
      TunnelHandover handover = new TunnelHandover(upgrade, accepted, ended::add);
      TunnelSocket client = TunnelSocket.bare(unused, closes::incrementAndGet);
      assertThatThrownBy(() -> handover.opened(client, ByteBuffer.allocate(0)))
          .isInstanceOf(OutOfMemoryError.class);
      assertThat(backend.isOpen()).isFalse();
      assertThat(closes).hasValue(1);
      assertThat(ended.take().cause())
          .startsWith("its tunnel could not begin: java.lang.OutOfMemoryError");
      handover.closed();
      assertThat(ended).isEmpty();
    }
  }
}
