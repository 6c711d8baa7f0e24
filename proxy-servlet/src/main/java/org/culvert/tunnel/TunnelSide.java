package org.culvert.tunnel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * One side of a tunnel: what comes from its socket, and what goes to it. The loop's thread alone.
 */
final class TunnelSide {
  /** A Close 1001 (RFC 6455, section 7.4.1), and masked with zeros: there is nothing to hide. */
  private static final byte[] GOING_AWAY = {(byte) 0x88, 2, 3, (byte) 0xe9};

  private static final byte[] MASKED_GOING_AWAY = {
    (byte) 0x88, (byte) 0x82, 0, 0, 0, 0, 3, (byte) 0xe9
  };

  final String name;
  private final TunnelSocket socket;
  private final SocketChannel channel;
  private final @Nullable FrameMeter meter;
  private final Tunnel tunnel;
  private @Nullable SelectionKey key;
  private @Nullable ByteBuffer rest;
  private long stalledSince;
  private boolean inputEnded;
  private boolean outputEnded;

  /** A Close is the last that this side gets; what comes for it is thrown away. */
  private boolean closed;

  private long received;

  TunnelSide(String name, TunnelSocket socket, @Nullable FrameMeter meter, Tunnel tunnel) {
    this.name = name;
    this.socket = socket;
    this.channel = socket.channel();
    this.meter = meter;
    this.tunnel = tunnel;
  }

  Tunnel tunnel() {
    return tunnel;
  }

  private TunnelSide other() {
    return tunnel.otherThan(this);
  }

  void register(Selector selector) throws ClosedChannelException {
    key = channel.register(selector, SelectionKey.OP_READ, this);
  }

  /** What the selector found. */
  void ready(SelectionKey found, ByteBuffer shared, long now) {
    if (found.isWritable()) {
      writeRest(now);
    }
    if (!tunnel.isOver() && found.isReadable()) {
      read(shared, now);
    }
  }

  private void read(ByteBuffer shared, long now) {
    if (other().rest != null && !other().closed) {
      return; // Reading was switched off after the selector had looked.
    }
    int count;
    try {
      count = channel.read(shared);
    } catch (IOException e) {
      tunnel.end("the " + name + " broke off: " + e.getMessage());
      return;
    }
    if (count < 0) {
      endOfInput();
    } else if (count > 0) {
      shared.flip();
      received(shared, now);
    }
    tunnel.touch(now);
  }

  /** Bytes came from this side's peer, now or before the tunnel began. */
  void received(ByteBuffer bytes, long now) {
    received += bytes.remaining();
    if (tunnel.isLeaving()) {
      lastReceived(bytes, now);
      return;
    }
    if (meter != null) {
      meter.follow(bytes);
      if (meter.closeCode() != FrameMeter.NONE) {
        tunnel.saidClose(this, meter.closeCode());
      }
    }
    other().write(bytes, now);
  }

  /** The frame under way goes to its end, a Close comes behind it, and nothing after that. */
  private void lastReceived(ByteBuffer bytes, long now) {
    if (meter == null) {
      return; // Then both sides are being cut.
    }
    if (!other().closed) {
      int border = meter.followToBorder(bytes);
      int end = bytes.limit();
      other().write(bytes.limit(border), now);
      bytes.limit(end).position(border);
      if (!tunnel.isOver()) {
        other().goAway();
      }
    }
    meter.follow(bytes);
    tunnel.endIfLeft();
  }

  /** This side gets a Close if what it got before ends where a frame does. */
  void goAway() {
    FrameMeter before = other().meter;
    if (closed || before == null || !before.isAtBorder()) {
      return;
    }
    closed = true;
    if (before.closeCode() == FrameMeter.NONE) {
      add(this == tunnel.backend() ? MASKED_GOING_AWAY : GOING_AWAY);
    }
    if (!tunnel.isOver()) { // It ends where the Close cannot be sent.
      other().interest(SelectionKey.OP_READ, true); // For its answer, whoever stalls.
    }
  }

  private void add(byte[] frame) {
    ByteBuffer waiting = rest;
    if (waiting == null) {
      write(ByteBuffer.wrap(frame), System.nanoTime());
    } else {
      rest = ByteBuffer.allocate(waiting.remaining() + frame.length).put(waiting).put(frame).flip();
    }
  }

  /** Whether it has got its Close and given one, or never will. */
  boolean hasLeft() {
    FrameMeter before = other().meter;
    if (meter == null || before == null || before.isLost()) {
      return true;
    }
    return closed && rest == null && (inputEnded || meter.closeCode() != FrameMeter.NONE);
  }

  /** Whether its peer sends no more. */
  boolean hasEnded() {
    return inputEnded;
  }

  private void write(ByteBuffer bytes, long now) {
    try {
      channel.write(bytes);
    } catch (IOException e) {
      tunnel.end("cannot send to the " + name + ": " + e.getMessage());
      return;
    }
    if (bytes.hasRemaining()) {
      rest = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
      stalledSince = now;
      interest(SelectionKey.OP_WRITE, true);
      other().interest(SelectionKey.OP_READ, closed);
      tunnel.stalled();
    }
  }

  private void writeRest(long now) {
    ByteBuffer waiting = rest;
    if (waiting == null) {
      return;
    }
    int before = waiting.remaining();
    try {
      channel.write(waiting);
    } catch (IOException e) {
      tunnel.end("cannot send to the " + name + ": " + e.getMessage());
      return;
    }
    if (waiting.remaining() < before) {
      stalledSince = now;
      tunnel.touch(now);
    }
    if (!waiting.hasRemaining()) {
      rest = null;
      interest(SelectionKey.OP_WRITE, false);
      if (closed) {
        tunnel.endIfLeft();
      } else if (other().inputEnded) {
        endOfOutput();
      } else {
        other().interest(SelectionKey.OP_READ, true);
      }
    }
  }

  /** The peer sends no more; what it sent goes out first, then the other peer is told. */
  private void endOfInput() {
    inputEnded = true;
    interest(SelectionKey.OP_READ, false);
    tunnel.saidEnd(this);
    if (tunnel.isLeaving()) {
      tunnel.endIfLeft();
    } else if (other().rest == null) {
      other().endOfOutput();
    }
  }

  private void endOfOutput() {
    if (outputEnded) {
      return;
    }
    outputEnded = true;
    if (other().outputEnded) {
      tunnel.end("both sides closed");
      return;
    }
    try {
      channel.shutdownOutput();
    } catch (IOException e) {
      tunnel.end("cannot send to the " + name + ": " + e.getMessage());
    }
  }

  private void interest(int operation, boolean wanted) {
    SelectionKey registered = key;
    if (registered != null) {
      if (wanted) {
        registered.interestOpsOr(operation);
      } else {
        registered.interestOpsAnd(~operation);
      }
    }
  }

  /** Whether something waits that the peer does not take. */
  boolean isStalled() {
    return rest != null;
  }

  long stalledSince() {
    return stalledSince;
  }

  /** Whether the loop has it no more although nobody said so. */
  boolean isLost() {
    return key != null && !key.isValid();
  }

  long received() {
    return received;
  }

  /** Lets go of the socket before its owner closes it: its descriptor waits for the last key. */
  void leave() {
    rest = null;
    if (key != null) {
      key.cancel();
    }
  }

  void close() {
    try {
      socket.close();
    } catch (Throwable e) {
      tunnel.loop().complain("closing the " + name + "'s side of a tunnel", e);
    }
  }
}
