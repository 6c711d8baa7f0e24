package org.culvert.tunnel;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLSocket;
import org.culvert.servlet.TestKeys;
import org.jspecify.annotations.Nullable;

/** A tunnel with TLS on both sides, and the two peers' ends of it. */
final class TlsEnds implements Closeable {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  final Peer client;
  final Peer backend;
  final AtomicInteger closes = new AtomicInteger();
  final BlockingQueue<TunnelEnd> ended = new LinkedBlockingQueue<>();
  private final ServerSocketChannel server = ServerSocketChannel.open();
  private @Nullable Tunnel tunnel;

  /** One of the two connections, its handshake over. */
  final class Peer {
    final Socket bare;
    final SSLSocket socket;
    final SSLEngine engine;
    private final SocketChannel channel;
    private ByteBuffer ahead;

    Peer(String protocol, int bufferSize, boolean peerIsClient) throws Exception {
      bare = new Socket();
      if (bufferSize > 0) {
        bare.setReceiveBufferSize(bufferSize);
        bare.setSendBufferSize(bufferSize);
      }
      bare.connect(server.getLocalAddress());
      bare.setSoTimeout(20_000);
      channel = server.accept();
      var context = TestKeys.shared().context();
      socket =
          (SSLSocket)
              context.getSocketFactory().createSocket(bare, "localhost", bare.getPort(), true);
      socket.setUseClientMode(peerIsClient);
      socket.setEnabledProtocols(new String[] {protocol});
      engine = context.createSSLEngine("localhost", 1);
      engine.setUseClientMode(!peerIsClient);
      engine.setEnabledProtocols(new String[] {protocol});
      CompletableFuture<Void> shaken =
          CompletableFuture.runAsync(
              () -> {
                try {
                  socket.startHandshake();
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      ahead = handshake();
      shaken.get(20, TimeUnit.SECONDS);
    }

    /** As a container does; what it has read beyond stays encrypted. */
    private ByteBuffer handshake() throws IOException {
      ByteBuffer in = ByteBuffer.allocate(40_000).flip();
      ByteBuffer out = ByteBuffer.allocate(40_000);
      ByteBuffer nothing = ByteBuffer.allocate(40_000);
      engine.beginHandshake();
      while (true) {
        switch (engine.getHandshakeStatus()) {
          case NEED_TASK -> engine.getDelegatedTask().run();
          case NEED_WRAP -> {
            engine.wrap(NOTHING, out.clear());
            out.flip();
            while (out.hasRemaining()) {
              channel.write(out);
            }
          }
          case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
            SSLEngineResult result = engine.unwrap(in, nothing);
            if (result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW) {
              in.compact();
              channel.read(in);
              in.flip();
            }
          }
          default -> {
            return ByteBuffer.allocate(in.remaining()).put(in).flip();
          }
        }
      }
    }

    /** The owner reads so many bytes of the wire, to its end at most, and does not decrypt them. */
    void readsAhead(int count) throws IOException {
      ByteBuffer read = ByteBuffer.allocate(ahead.remaining() + count).put(ahead);
      while (read.hasRemaining() && channel.read(read) >= 0) {
        // They may come in pieces.
      }
      ahead = read.flip();
    }

    private TunnelSocket tunnelled() throws IOException {
      channel.configureBlocking(false);
      return TunnelSocket.tls(channel, engine, ahead, this::closeOwned);
    }

    private void closeOwned() {
      closes.incrementAndGet();
      try {
        channel.close();
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    void reset() throws IOException {
      bare.setSoLinger(true, 0);
      bare.close();
    }
  }

  TlsEnds(String protocol, int bufferSize) throws Exception {
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    client = new Peer(protocol, bufferSize, true);
    backend = new Peer(protocol, bufferSize, false);
  }

  TlsEnds start(TunnelLoops loops) throws IOException {
    tunnel =
        loops.tunnel(
            new Tunnel.Plan(
                client.tunnelled(), backend.tunnelled(), null, null, Ends.PATIENT, ended::add));
    tunnel.start(NOTHING, NOTHING);
    return this;
  }

  @Override
  public void close() throws IOException {
    client.bare.close();
    backend.bare.close();
    server.close();
  }
}
