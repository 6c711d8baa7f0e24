package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.culvert.conf.Position;
import org.culvert.directive.SocketSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ListeningSocketTest {
  @Test
  void goesOnAcceptingAfterAClientThatCannotBeTaken() throws Exception {
    Binding binding =
        new Binding(
            "127.0.0.1",
            0,
            false,
            false,
            false,
            SocketSettings.DEFAULT,
            new Position("test.conf", 1));
    BlockingQueue<SocketChannel> taken = new LinkedBlockingQueue<>();
    AtomicBoolean failed = new AtomicBoolean();
    try (ListeningSocket socket = ListeningSocket.open(binding)) {
      socket.feed(
          client -> {
            if (failed.compareAndSet(false, true)) {
              throw new NoClassDefFoundError("of the first client alone");
            }
            taken.add(client);
          });
      try (Socket lost = new Socket("127.0.0.1", socket.port());
          Socket next = new Socket("127.0.0.1", socket.port())) {
        lost.setSoTimeout(10_000);
        assertThat(lost.getInputStream().read()).isEqualTo(-1);
        try (SocketChannel client = taken.poll(10, TimeUnit.SECONDS)) {
          assertThat(client).isNotNull();
          assertThat(next.isConnected()).isTrue();
        }
      }
    }
  }
}
