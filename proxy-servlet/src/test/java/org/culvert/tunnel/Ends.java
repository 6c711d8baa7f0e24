package org.culvert.tunnel;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A tunnel between two real sockets, and the two peers' ends of them. */
final class Ends implements Closeable {
  static final TunnelRules PATIENT =
      new TunnelRules(Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ofSeconds(60));
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  final SocketChannel client;
  final SocketChannel backend;
  final Owned clientSide;
  final Owned backendSide;
  private final @Nullable FrameMeter fromClient;
  private final @Nullable FrameMeter fromBackend;
  final BlockingQueue<TunnelEnd> ended = new LinkedBlockingQueue<>();
  private @Nullable Tunnel tunnel;

  /** The proxy's end of one of the sockets, as a container would own it. */
  static final class Owned {
    private final SocketChannel channel;
    final AtomicInteger closes = new AtomicInteger();
    volatile @Nullable Error defect;

    Owned(SocketChannel channel) {
      this.channel = channel;
    }

    SocketChannel channel() {
      return channel;
    }

    TunnelSocket socket() {
      return TunnelSocket.bare(channel, this::close);
    }

    private void close() {
      closes.incrementAndGet();
      try {
        channel.close();
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
      if (defect != null) {
        throw defect;
      }
    }
  }

  /** Any bytes: nothing is metered. */
  Ends(int bufferSize) throws IOException {
    this(bufferSize, null);
  }

  /** Frames of a WebSocket, without extensions. */
  static Ends ofFrames(int bufferSize) throws IOException {
    return new Ends(bufferSize, FrameMeter.ReservedBits.NONE);
  }

  private Ends(int bufferSize, FrameMeter.@Nullable ReservedBits reserved) throws IOException {
    fromClient = reserved == null ? null : new FrameMeter(true, reserved);
    fromBackend = reserved == null ? null : new FrameMeter(false, reserved);
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      if (bufferSize > 0) {
        server.setOption(StandardSocketOptions.SO_RCVBUF, bufferSize);
      }
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      client = peer(server, bufferSize);
      clientSide = new Owned(accept(server, bufferSize));
      backend = peer(server, bufferSize);
      backendSide = new Owned(accept(server, bufferSize));
    }
  }

  private static SocketChannel peer(ServerSocketChannel server, int bufferSize) throws IOException {
    SocketChannel peer = SocketChannel.open();
    small(peer, bufferSize);
    peer.connect(server.getLocalAddress());
    return peer;
  }

  private static SocketChannel accept(ServerSocketChannel server, int bufferSize)
      throws IOException {
    SocketChannel accepted = server.accept();
    small(accepted, bufferSize);
    accepted.configureBlocking(false);
    return accepted;
  }

  private static void small(SocketChannel channel, int bufferSize) throws IOException {
    if (bufferSize > 0) {
      channel.setOption(StandardSocketOptions.SO_SNDBUF, bufferSize);
      channel.setOption(StandardSocketOptions.SO_RCVBUF, bufferSize);
    }
  }

  private Tunnel.Plan plan(TunnelRules rules) {
    return new Tunnel.Plan(
        clientSide.socket(), backendSide.socket(), fromClient, fromBackend, rules, ended::add);
  }

  Ends start(TunnelLoops loops) {
    return start(loops, PATIENT, NOTHING, NOTHING);
  }

  Ends start(TunnelLoops loops, TunnelRules rules) {
    return start(loops, rules, NOTHING, NOTHING);
  }

  Ends start(
      TunnelLoops loops, TunnelRules rules, ByteBuffer clientEarly, ByteBuffer backendEarly) {
    tunnel = loops.tunnel(plan(rules));
    tunnel.start(clientEarly, backendEarly);
    return this;
  }

  /** Somebody ends it between its making and its start. */
  Ends closeThenStart(TunnelLoops loops, String why) {
    tunnel = loops.tunnel(plan(PATIENT));
    tunnel.close(why);
    tunnel.start(ByteBuffer.wrap(new byte[] {1}), NOTHING);
    return this;
  }

  FrameMeter fromClient() {
    return java.util.Objects.requireNonNull(fromClient);
  }

  Tunnel tunnel() {
    return java.util.Objects.requireNonNull(tunnel);
  }

  static void write(SocketChannel to, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      to.write(buffer);
    }
  }

  static byte[] read(SocketChannel from, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count);
    while (buffer.hasRemaining()) {
      if (from.read(buffer) < 0) {
        break;
      }
    }
    return java.util.Arrays.copyOf(buffer.array(), buffer.position());
  }

  static void reset(SocketChannel channel) throws IOException {
    channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    channel.close();
  }

  @Override
  public void close() throws IOException {
    client.close();
    backend.close();
  }
}
