package org.culvert.servlet;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A peer that answers no connect: a listening socket whose backlog is full, to which Linux lets a
 * dialler wait.
 */
final class SilentPeer implements Closeable {
  private static final Path SOCKETS = Path.of("/proc/net/tcp");
  private static final Path SOCKETS_OF_IPV6 = Path.of("/proc/net/tcp6");
  private static final String SYN_SENT = "02";

  private final ServerSocket server;
  private final List<SocketChannel> waiting = new ArrayList<>();
  private final long filling;

  SilentPeer() throws IOException {
    server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
    for (int i = 0; i < 8; i++) {
      SocketChannel channel = SocketChannel.open();
      waiting.add(channel);
      channel.configureBlocking(false);
      channel.connect(address());
    }
    filling = dials();
  }

  InetSocketAddress address() {
    return new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
  }

  /** Waits until nobody but the sockets that fill the backlog dials it. */
  void awaitNoDial() throws Exception {
    long deadline = System.nanoTime() + 5_000_000_000L;
    while (dials() > filling) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError((dials() - filling) + " sockets still dial " + address());
      }
      Thread.sleep(20);
    }
  }

  private long dials() throws IOException {
    String port = String.format(Locale.ROOT, ":%04X", server.getLocalPort());
    List<String> sockets = new ArrayList<>(Files.readAllLines(SOCKETS));
    if (Files.exists(SOCKETS_OF_IPV6)) {
      sockets.addAll(Files.readAllLines(SOCKETS_OF_IPV6));
    }
    return sockets.stream()
        .map(line -> line.strip().split("\\s+"))
        .filter(columns -> columns[2].endsWith(port) && columns[3].equals(SYN_SENT))
        .count();
  }

  @Override
  public void close() throws IOException {
    for (SocketChannel channel : waiting) {
      channel.close();
    }
    server.close();
  }
}
