package org.culvert.it.corpus;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/** A Unix domain socket behind which a backend of a port is. */
final class UnixDoor implements AutoCloseable {
  private final ServerSocketChannel listening;
  private final int port;

  UnixDoor(Path path, int port) throws IOException {
    this.port = port;
    listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listening.bind(UnixDomainSocketAddress.of(path));
    daemon(this::accept);
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel client = listening.accept();
        SocketChannel backend =
            SocketChannel.open(
                new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        daemon(() -> carry(client, backend, backend.socket()));
        daemon(() -> carry(backend, client, null));
      }
    } catch (IOException closed) {
      // As it should be.
    }
  }

  /** The client's end ends the backend's input, the backend's end all. */
  private static void carry(ReadableByteChannel from, WritableByteChannel to, Socket half) {
    ByteBuffer bytes = ByteBuffer.allocate(65_536);
    try {
      while (from.read(bytes.clear()) >= 0) {
        bytes.flip();
        while (bytes.hasRemaining()) {
          to.write(bytes);
        }
      }
      if (half != null) {
        half.shutdownOutput();
        return;
      }
    } catch (IOException broken) {
      // It is over.
    }
    try (from;
        to) {
      // Both are closed.
    } catch (IOException e) {
      // They were.
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "corpus-unix");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
