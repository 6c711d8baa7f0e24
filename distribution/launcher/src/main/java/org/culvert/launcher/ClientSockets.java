package org.culvert.launcher;

import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import jdk.net.ExtendedSocketOptions;
import org.culvert.directive.SocketSettings;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SocketChannelEndPoint;

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

  /** Has a connection end with a reset when it is closed. */
  static void resetAtClose(EndPoint endPoint) {
    if (below(endPoint) instanceof SocketChannelEndPoint client) {
      try {
        set(client.getChannel(), StandardSocketOptions.SO_LINGER, 0);
      } catch (IOException closed) {
        // Then there is nothing to reset.
      }
    }
  }

  /** What is below TLS, where there is TLS. */
  static EndPoint below(EndPoint endPoint) {
    return endPoint instanceof EndPoint.Wrapper tls ? tls.unwrap() : endPoint;
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
