package org.culvert.tunnel;

import java.nio.channels.SocketChannel;

/**
 * One of the two sockets of a tunnel, with its owner's way to close it. Handed over when all that
 * the owner had to write is written, what it had read is taken out, and it will not read again.
 */
public interface TunnelSocket {
  /** The socket, in non-blocking mode. */
  SocketChannel channel();

  /**
   * Has the owner close the connection; called once, by the loop's thread, which it must not hold
   * up. The owner may be closed by others too: whoever learns of that tells {@link Tunnel#close}.
   */
  void close();
}
