package org.culvert.launcher;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.culvert.exchange.HangUps;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.jspecify.annotations.Nullable;

/**
 * A client's HTTP/1 connection with TLS, looked at for its end. That may come as an alert, a record
 * like any other to who does not decrypt it, so Jetty is made to decrypt what came: what a client
 * sends ahead then waits in Jetty's buffer instead of the system's.
 */
final class ClientLine implements HangUps.Line {
  private static final ByteBuffer NO_ROOM = ByteBuffer.allocate(0);

  private final SocketChannel channel;
  private final SslConnection.SslEndPoint decrypted;

  private ClientLine(SocketChannel channel, SslConnection.SslEndPoint decrypted) {
    this.channel = channel;
    this.decrypted = decrypted;
  }

  /**
   * The line of a connection's endpoint, with TLS or without; null where it is none of a socket.
   */
  static HangUps.@Nullable Line of(EndPoint endPoint) {
    if (endPoint instanceof SocketChannelEndPoint bare) {
      // Nothing tells how much there is to read from a Unix domain socket: its end is found out by
      // the next write.
      return bare.getLocalSocketAddress() instanceof InetSocketAddress
          ? HangUps.Line.bare(bare.getChannel())
          : null;
    }
    return endPoint instanceof SslConnection.SslEndPoint tls
            && tls.unwrap() instanceof SocketChannelEndPoint socket
        ? new ClientLine(socket.getChannel(), tls)
        : null;
  }

  @Override
  public SocketChannel channel() {
    return channel;
  }

  /** Who reads notices the end himself. */
  @Override
  public boolean hasEnded() throws IOException {
    return !decrypted.isFillInterested() && decrypted.fill(NO_ROOM.duplicate()) < 0;
  }

  /** Jetty has read the end; it closes the channel with it. */
  @Override
  public boolean isCertain() {
    return true;
  }

  /** Somebody may have begun to read during the look, and wait for the bytes that it took. */
  @Override
  public void wakeReader() {
    if (decrypted.isFillInterested()) {
      decrypted.getSslConnection().onFillable();
    }
  }
}
