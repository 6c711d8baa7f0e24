package org.culvert.tunnel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A socket whose bytes are the tunnel's: one system call for a piece. */
final class BareSocket extends ChannelSocket {
  BareSocket(SocketChannel channel, Runnable close) {
    super(channel, close);
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    return channel.read(into);
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    channel.write(bytes);
    return bytes.remaining();
  }

  @Override
  public int shutdownOutput() throws IOException {
    channel.shutdownOutput();
    return 0;
  }
}
