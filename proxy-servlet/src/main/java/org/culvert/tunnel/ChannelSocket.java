package org.culvert.tunnel;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** A socket that the loop's selector knows. */
abstract sealed class ChannelSocket implements TunnelSocket permits BareSocket, TlsSocket {
  final SocketChannel channel;
  private final Runnable close;
  private @Nullable SelectionKey key;

  ChannelSocket(SocketChannel channel, Runnable close) {
    this.channel = channel;
    this.close = close;
  }

  @Override
  public void open(Side side) throws IOException {
    key = side.register(channel);
  }

  @Override
  public void wantRead(boolean wanted) {
    interest(SelectionKey.OP_READ, wanted);
  }

  @Override
  public void wantWrite(boolean wanted) {
    interest(SelectionKey.OP_WRITE, wanted);
  }

  private void interest(int operation, boolean wanted) {
    SelectionKey registered = key;
    if (registered != null) {
      if (wanted) {
        registered.interestOpsOr(operation);
      } else {
        registered.interestOpsAnd(~operation);
      }
    }
  }

  @Override
  public boolean isLost() {
    return key != null && !key.isValid();
  }

  /** Its descriptor waits for the last key. */
  @Override
  public void leave() {
    if (key != null) {
      key.cancel();
    }
  }

  @Override
  public void close() {
    close.run();
  }
}
