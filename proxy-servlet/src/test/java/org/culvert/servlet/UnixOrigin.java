package org.culvert.servlet;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** A Unix domain socket in front of a {@link TestOrigin}: what comes there goes to it as it is. */
final class UnixOrigin implements Closeable {
  private final TestOrigin behind;
  private final Path folder;
  private final ServerSocketChannel server;

  /** Connections accepted. */
  final AtomicInteger connections = new AtomicInteger();

  UnixOrigin(TestOrigin behind) throws IOException {
    this.behind = behind;
    folder = Files.createTempDirectory("unix");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path()));
    thread(this::accept);
  }

  /** The socket's path. */
  Path path() {
    return folder.resolve("Origin.sock");
  }

  private static void thread(Runnable task) {
    Thread thread = new Thread(task, "unix-origin");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel client = server.accept();
        connections.incrementAndGet();
        Socket to = new Socket(behind.address().getAddress(), behind.address().getPort());
        thread(() -> copy(Channels.newInputStream(client), out(to), to, client));
        thread(() -> back(to, client));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private static OutputStream out(Socket to) {
    try {
      return to.getOutputStream();
    } catch (IOException e) {
      return OutputStream.nullOutputStream();
    }
  }

  private static void copy(InputStream in, OutputStream out, Socket to, SocketChannel client) {
    try {
      in.transferTo(out);
      to.shutdownOutput();
    } catch (IOException e) {
      close(to, client);
    }
  }

  /** The end of what the origin says closes both. */
  private static void back(Socket to, SocketChannel client) {
    try (to;
        client) {
      byte[] bytes = new byte[65536];
      int read;
      while ((read = to.getInputStream().read(bytes)) >= 0) {
        ByteBuffer piece = ByteBuffer.wrap(bytes, 0, read);
        while (piece.hasRemaining()) {
          client.write(piece);
        }
      }
    } catch (IOException e) {
      // The connection is over.
    }
  }

  private static void close(Closeable... all) {
    for (Closeable one : all) {
      try {
        one.close();
      } catch (IOException e) {
        // It is over all the same.
      }
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    Files.deleteIfExists(path());
    Files.deleteIfExists(folder);
  }
}
