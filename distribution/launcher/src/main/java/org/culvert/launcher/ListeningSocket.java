package org.culvert.launcher;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.culvert.observe.Errno;
import org.jspecify.annotations.Nullable;

/**
 * One bound address and the thread that accepts there. What is spoken with the accepted clients may
 * change while it is open, so that no client is refused by a reload that changes it.
 */
final class ListeningSocket implements AutoCloseable {
  /** nginx's {@code backlog} on Linux. */
  private static final int BACKLOG = 511;

  /** After a failure, of a process without free descriptors for instance. */
  private static final long PAUSE_MILLIS = 500;

  /** Takes accepted clients. */
  interface Taker {
    /** Takes one, or closes it. Called by the accepting thread. */
    void take(SocketChannel client) throws IOException;
  }

  private final Binding binding;
  private final ServerSocketChannel channel;
  private final int port;
  private @Nullable Thread accepting;
  private volatile @Nullable Taker taker;

  private ListeningSocket(Binding binding, ServerSocketChannel channel) throws IOException {
    this.binding = binding;
    this.channel = channel;
    this.port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
  }

  /**
   * Binds the socket. Nobody is accepted before {@link #feed}, but the system lets clients wait.
   *
   * @throws LaunchException in nginx's words when the address is taken or not ours
   */
  static ListeningSocket open(Binding binding) throws LaunchException {
    try {
      return new ListeningSocket(binding, bind(binding));
    } catch (IOException e) {
      throw new LaunchException("bind() to " + binding + " failed " + Errno.of(e), e);
    }
  }

  /** Binds as {@link #open}, but leaves the failure as it is. */
  static ServerSocketChannel bind(Binding binding) throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open();
    try {
      channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      String host = binding.host();
      channel.bind(
          host == null
              ? new InetSocketAddress(binding.port())
              : new InetSocketAddress(host, binding.port()),
          BACKLOG);
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** The port, also where the configuration left the choice to the system. */
  int port() {
    return port;
  }

  /** Gives the clients that are accepted from now on to somebody. */
  synchronized void feed(Taker next) {
    taker = next;
    if (accepting == null && channel.isOpen()) {
      accepting = new Thread(this::accept, "culvert-accept " + binding);
      accepting.setDaemon(true);
      accepting.start();
    }
  }

  private void accept() {
    while (channel.isOpen()) {
      try {
        give(channel.accept());
      } catch (ClosedChannelException closed) {
        return;
      } catch (IOException e) {
        ErrorLog.process().write(ErrorLog.Level.CRIT, "accept() failed " + Errno.of(e));
        pause();
      }
    }
  }

  private void give(SocketChannel client) throws IOException {
    Taker now = taker;
    try {
      if (now != null) {
        now.take(client);
      }
    } catch (IOException | RuntimeException | Error e) {
      // Whatever it is, it is of one client, or passes: who accepts must go on.
      client.close();
      ErrorLog.process().write(ErrorLog.Level.ALERT, "a client of " + binding + " is lost: " + e);
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      // Nobody does, and a thread that is marked as interrupted would close the channel by
      // accept().
    }
  }

  /** Gives the address back at once; clients that were accepted stay. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      ErrorLog.process()
          .write(ErrorLog.Level.ALERT, "closing the socket of " + binding + " failed: " + e);
    }
  }
}
