package org.culvert.launcher;

import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import jdk.net.ExtendedSocketOptions;
import org.culvert.directive.SocketSettings;

/** The options of an accepted client's socket. */
final class ClientSockets {
  private ClientSockets() {}

  /** Sets what a {@code listen} says; what a kind of socket does not know it is spared. */
  static void configure(SocketChannel client, SocketSettings options) throws IOException {
    set(client, StandardSocketOptions.TCP_NODELAY, true);
    if (options.sendBuffer() > 0) {
      set(client, StandardSocketOptions.SO_SNDBUF, options.sendBuffer());
    }
    SocketSettings.KeepAlive keepAlive = options.keepAlive();
    if (keepAlive != null) {
      set(client, StandardSocketOptions.SO_KEEPALIVE, keepAlive.on());
      setIfGiven(client, ExtendedSocketOptions.TCP_KEEPIDLE, keepAlive.idleSeconds());
      setIfGiven(client, ExtendedSocketOptions.TCP_KEEPINTERVAL, keepAlive.intervalSeconds());
      setIfGiven(client, ExtendedSocketOptions.TCP_KEEPCOUNT, keepAlive.probes());
    }
  }

  private static void setIfGiven(SocketChannel client, SocketOption<Integer> option, int value)
      throws IOException {
    if (value > 0) {
      set(client, option, value);
    }
  }

  private static <T> void set(SocketChannel client, SocketOption<T> option, T value)
      throws IOException {
    if (client.supportedOptions().contains(option)) {
      client.setOption(option, value);
    }
  }
}
