package org.culvert.tunnel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A socket with TLS: one read and one write for a piece, as without, and between them the records
 * of its engine. Keeps nothing of its own but the part of a record that has come, and records that
 * the peer does not take. Renegotiation (TLS 1.2) is refused, as in nginx; a new key (TLS 1.3) is
 * not.
 */
final class TlsSocket extends ChannelSocket {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /** New keys that a peer may ask for without taking what waits for it. */
  private static final int MOST_KEYS = 16;

  private final SSLEngine engine;
  private @Nullable Side side;

  /** Records that have come and are not decrypted: a part of one, but for what came ahead. */
  private @Nullable ByteBuffer part;

  /** Records that wait for the peer. */
  private @Nullable ByteBuffer waiting;

  private int keysUntaken;

  /** Something is to be read, or the end is, of which the selector does not know. */
  private boolean ahead;

  private boolean ended;
  private boolean outputEnded;

  TlsSocket(SocketChannel channel, SSLEngine engine, ByteBuffer came, Runnable close) {
    super(channel, close);
    this.engine = engine;
    this.part = came.hasRemaining() ? came : null;
    this.ahead = came.hasRemaining();
  }

  @Override
  public void open(Side opened) throws IOException {
    side = opened;
    super.open(opened);
    tellOfWhatIsAhead();
  }

  @Override
  public void wantRead(boolean wanted) {
    super.wantRead(wanted);
    if (wanted) {
      tellOfWhatIsAhead();
    }
  }

  private void tellOfWhatIsAhead() {
    if (ahead) {
      opened().readable();
    }
  }

  private Side opened() {
    Side present = side;
    if (present == null) {
      throw new IllegalStateException("not opened yet");
    }
    return present;
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    ahead = false;
    if (ended) {
      return -1;
    }
    ByteBuffer before = part == null ? NOTHING : part;
    ByteBuffer wire = opened().tlsScratch().in(engine.getSession(), before.remaining()).put(before);
    part = null;
    int count = channel.read(wire);
    wire.flip();
    int start = into.position();
    decrypt(wire, into);
    if (wire.hasRemaining() && !ended) {
      part = copy(wire);
    }
    ended |= count < 0 && !ahead; // Without a word of TLS, as many a client leaves.
    int decrypted = into.position() - start;
    ahead |= ended && decrypted > 0; // Its end is told of by the next read.
    tellOfWhatIsAhead();
    return decrypted > 0 ? decrypted : ended ? -1 : 0;
  }

  /** All records that are whole, up to the peer's end. */
  private void decrypt(ByteBuffer wire, ByteBuffer into) throws IOException {
    int start = into.position();
    while (wire.hasRemaining() && !ended) {
      SSLEngineResult result = engine.unwrap(wire, into);
      switch (result.getStatus()) {
        case OK -> follow(result.getHandshakeStatus());
        case CLOSED -> ended = true;
        case BUFFER_UNDERFLOW -> {
          return;
        }
        case BUFFER_OVERFLOW -> {
          if (into.position() == start) {
            throw new SSLException(
                "a record of TLS is larger than the " + into.remaining() + " bytes there are");
          }
          ahead = true; // The rest is decrypted by the next read.
          return;
        }
      }
    }
  }

  /** A record was none of data. */
  private void follow(HandshakeStatus after) throws IOException {
    HandshakeStatus status = after;
    if (status == HandshakeStatus.NOT_HANDSHAKING || outputEnded) {
      return; // Whose output has ended has no more to say.
    }
    if (!engine.getSession().getProtocol().equals("TLSv1.3")) {
      throw new SSLException("the peer asks for a renegotiation");
    }
    while (status == HandshakeStatus.NEED_TASK) {
      Runnable task;
      while ((task = engine.getDelegatedTask()) != null) {
        task.run();
      }
      status = engine.getHandshakeStatus();
    }
    if (status == HandshakeStatus.NEED_WRAP && send(encryptedNothing()) > 0) {
      if (++keysUntaken > MOST_KEYS) { // The answers would pile up without end.
        throw new SSLException("the peer asks for new keys and does not read");
      }
      wantWrite(true);
    }
  }

  /** What the engine has to say by itself. */
  private ByteBuffer encryptedNothing() throws SSLException {
    ByteBuffer wire = opened().tlsScratch().out(engine.getSession());
    HandshakeStatus status;
    int before;
    do {
      before = wire.position();
      status = engine.wrap(NOTHING, wire).getHandshakeStatus();
    } while (status == HandshakeStatus.NEED_WRAP && wire.position() > before);
    return wire.flip();
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    int unsent = send(NOTHING);
    while (unsent == 0 && bytes.hasRemaining()) {
      unsent = send(encrypted(bytes));
    }
    return unsent + bytes.remaining();
  }

  /** As many records as there is room for. */
  private ByteBuffer encrypted(ByteBuffer bytes) throws SSLException {
    int record = engine.getSession().getPacketBufferSize();
    ByteBuffer wire = opened().tlsScratch().out(engine.getSession());
    while (bytes.hasRemaining() && wire.remaining() >= record) {
      Status status = engine.wrap(bytes, wire).getStatus();
      if (status != Status.OK) {
        throw new SSLException("TLS has ended (" + status + ')');
      }
    }
    return wire.flip();
  }

  /** Sends records behind those that wait; what the peer does not take waits from now on. */
  private int send(ByteBuffer records) throws IOException {
    ByteBuffer before = waiting;
    if (before != null) {
      channel.write(before);
      if (before.hasRemaining()) {
        if (records.hasRemaining()) {
          waiting = joined(before, records);
        }
        return unsent();
      }
      waiting = null;
      keysUntaken = 0;
    }
    if (records.hasRemaining()) {
      channel.write(records);
      if (records.hasRemaining()) {
        waiting = copy(records);
        return unsent();
      }
    }
    if (outputEnded && channel.isOpen()) {
      channel.shutdownOutput();
    }
    return 0;
  }

  private int unsent() {
    return waiting == null ? 0 : waiting.remaining();
  }

  private static ByteBuffer joined(ByteBuffer first, ByteBuffer second) {
    return ByteBuffer.allocate(first.remaining() + second.remaining())
        .put(first)
        .put(second)
        .flip();
  }

  private static ByteBuffer copy(ByteBuffer bytes) {
    return ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
  }

  /** The peer gets a close_notify, and the end of the socket's output behind it. */
  @Override
  public int shutdownOutput() throws IOException {
    if (!outputEnded) {
      outputEnded = true;
      engine.closeOutbound();
      return send(encryptedNothing());
    }
    return unsent();
  }

  @Override
  public void leave() {
    super.leave();
    part = null;
    waiting = null;
  }
}
