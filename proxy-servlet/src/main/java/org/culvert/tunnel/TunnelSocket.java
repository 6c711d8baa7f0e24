package org.culvert.tunnel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;

/**
 * One of the two connections of a tunnel: bytes out of it and into it, none of which waits, and its
 * owner's way to close it. Handed over when all that the owner had to write is written, what it had
 * read is taken out, and it will not read again. All calls are the loop's thread's, which they must
 * not hold up.
 */
public interface TunnelSocket {
  /** A bare socket, in non-blocking mode. */
  static TunnelSocket bare(SocketChannel channel, Runnable close) {
    return new BareSocket(channel, close);
  }

  /**
   * A socket with TLS, whose handshake is over. Its records are made and read here and no more by
   * its owner, who may only say that it closes, and close.
   *
   * @param channel in non-blocking mode
   * @param ahead what the owner had read and has not decrypted; the callee's from now on
   */
  static TunnelSocket tls(
      SocketChannel channel, SSLEngine engine, ByteBuffer ahead, Runnable close) {
    return new TlsSocket(channel, engine, ahead, close);
  }

  /** What a socket tells, and what its loop lends. */
  interface Side {
    /** Puts a channel on the loop's selector, for reading. The loop's thread alone. */
    SelectionKey register(SocketChannel channel) throws ClosedChannelException;

    /** Something can be read, or the end can, of which no selector knows. On any thread. */
    void readable();

    /** What waits may be written, of which no selector knows. On any thread. */
    void writable();

    /** Room for records. The loop's thread alone, for the time of one call. */
    TlsScratch tlsScratch();
  }

  /** Begins, wishing to read and not to write. Once. */
  void open(Side side) throws IOException;

  /**
   * Reads what is there, once, at the buffer's position.
   *
   * @return how many bytes; -1 at the end of the peer's output
   */
  int read(ByteBuffer into) throws IOException;

  /**
   * Writes as much as can be, of what waits from before first. What is not taken stays in the
   * buffer and comes again.
   *
   * @return how many bytes are not on the wire, in the buffer or here
   */
  int write(ByteBuffer bytes) throws IOException;

  /**
   * Ends its output, behind what was written.
   *
   * @return how many bytes are not on the wire; a {@link #write} of nothing sends the rest
   */
  int shutdownOutput() throws IOException;

  /** Whether the side is to be told when something can be read. */
  void wantRead(boolean wanted);

  /** Whether the side is to be told when something can be written. */
  void wantWrite(boolean wanted);

  /** Whether it was closed by somebody else, who perhaps did not say so. */
  boolean isLost();

  /** Lets go of what the loop has of it, before it is closed. Idempotent. */
  void leave();

  /**
   * Has the owner close the connection; called once. The owner may be closed by others too: whoever
   * learns of that tells {@link Tunnel#close}.
   */
  void close();

  /** The same, where the other connection was not closed as it should be. */
  default void cut() {
    close();
  }
}
