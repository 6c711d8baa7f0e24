package org.culvert.launcher;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.culvert.directive.SocketSettings;
import org.culvert.observe.Errno;
import org.jspecify.annotations.Nullable;

/**
 * One bound address and the thread that accepts there. What is spoken with the accepted clients may
 * change while it is open, so that no client is refused by a reload that changes it.
 */
final class ListeningSocket implements AutoCloseable {
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
    this.port = channel.getLocalAddress() instanceof InetSocketAddress inet ? inet.getPort() : 0;
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
    Path path = binding.path();
    ServerSocketChannel channel =
        path == null
            ? ServerSocketChannel.open()
            : ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      if (path == null) {
        bind(channel, binding);
      } else {
        channel.bind(UnixDomainSocketAddress.of(path), binding.options().backlog());
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
      }
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static void bind(ServerSocketChannel channel, Binding binding) throws IOException {
    SocketSettings options = binding.options();
    channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
    if (options.reusePort()) {
      channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
    }
    if (options.receiveBuffer() > 0) {
      channel.setOption(StandardSocketOptions.SO_RCVBUF, options.receiveBuffer());
    }
    String host = binding.host();
    channel.bind(
        host == null
            ? new InetSocketAddress(binding.port())
            : new InetSocketAddress(host, binding.port()),
        options.backlog());
  }

  /**
   * The port, also where the configuration left the choice to the system; 0 of a Unix domain
   * socket.
   */
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
      if (channel.isOpen()) {
        channel.close();
        unlink(binding);
      }
    } catch (IOException e) {
      ErrorLog.process()
          .write(ErrorLog.Level.ALERT, "closing the socket of " + binding + " failed: " + e);
    }
  }

  /** Removes the file of a Unix domain socket, which its closing leaves there. */
  static void unlink(Binding binding) throws IOException {
    Path path = binding.path();
    if (path != null) {
      Files.deleteIfExists(path);
    }
  }
}
