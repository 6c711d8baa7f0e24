package org.culvert.tunnel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * One side of a tunnel: what comes from its socket, and what goes to it. The loop's thread alone,
 * but for what a socket tells.
 */
final class TunnelSide implements TunnelSocket.Side {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  final String name;
  private final TunnelSocket socket;
  private final @Nullable FrameMeter meter;
  private final Tunnel tunnel;

  /** What the socket has not taken; empty where only the socket itself has something left. */
  private @Nullable ByteBuffer rest;

  /** How many bytes are not on the wire, the rest and what the socket has. */
  private int unsent;

  private long stalledSince;
  private boolean inputEnded;
  private boolean outputEnded;

  /** A Close is the last that this side gets; what comes for it is thrown away. */
  private boolean closed;

  private long received;

  TunnelSide(String name, TunnelSocket socket, @Nullable FrameMeter meter, Tunnel tunnel) {
    this.name = name;
    this.socket = socket;
    this.meter = meter;
    this.tunnel = tunnel;
  }

  Tunnel tunnel() {
    return tunnel;
  }

  private TunnelSide other() {
    return tunnel.otherThan(this);
  }

  void open() throws IOException {
    socket.open(this);
  }

  // What the socket tells.

  @Override
  public SelectionKey register(SocketChannel channel) throws ClosedChannelException {
    return channel.register(tunnel.loop().selector(), SelectionKey.OP_READ, this);
  }

  @Override
  public void readable() {
    tunnel.loop().readable(this);
  }

  @Override
  public void writable() {
    tunnel.loop().writable(this);
  }

  @Override
  public TlsScratch tlsScratch() {
    return tunnel.loop().tlsScratch();
  }

  // What the loop has it do.

  /** What the selector found. */
  void ready(SelectionKey found, ByteBuffer shared, long now) {
    if (found.isWritable()) {
      writeRest(now);
    }
    if (!tunnel.isOver() && found.isReadable()) {
      read(shared, now);
    }
  }

  void read(ByteBuffer shared, long now) {
    if (inputEnded || (other().rest != null && !other().closed)) {
      return; // Reading was switched off after the selector had looked.
    }
    if (meter != null) {
      meter.giveBack(shared);
    }
    int count;
    try {
      count = socket.read(shared);
    } catch (IOException e) {
      tunnel.end("the " + name + " broke off: " + e.getMessage());
      return;
    }
    if (count < 0) {
      endOfInput();
    } else if (count > 0) {
      received += count;
      pass(shared.flip(), now);
    }
    if (count != 0) { // What TLS has to say for itself is no sign of life.
      tunnel.touch(now);
    }
  }

  /** Bytes came from this side's peer before the tunnel began. */
  void receivedEarly(ByteBuffer bytes, long now) {
    received += bytes.remaining();
    pass(bytes, now);
  }

  private void pass(ByteBuffer bytes, long now) {
    FrameMeter metering = meter;
    if (metering == null) {
      if (!tunnel.isLeaving()) { // Else both sides are being cut.
        other().write(bytes, now);
      }
    } else if (tunnel.isLeaving()) {
      lastReceived(metering, bytes, now);
    } else {
      bytes.limit(metering.follow(bytes));
      if (metering.closeCode() != FrameMeter.NONE) {
        tunnel.saidClose(this, metering.closeCode());
      }
      if (bytes.hasRemaining()) {
        other().write(bytes, now);
      }
      String violation = metering.violation();
      if (violation != null) {
        tunnel.violated(this, violation);
      }
    }
  }

  /** The frame under way goes to its end, a Close comes behind it, and nothing after that. */
  private void lastReceived(FrameMeter metering, ByteBuffer bytes, long now) {
    if (metering.violation() != null) {
      return; // It is no WebSocket any more.
    }
    if (!other().closed) {
      int border = metering.followToBorder(bytes);
      int end = bytes.limit();
      other().write(bytes.limit(border), now);
      bytes.limit(end).position(border);
      if (!tunnel.isOver()) {
        other().goAway();
      }
    }
    metering.discard(bytes);
    tunnel.endIfLeft();
  }

  /** This side gets a Close if what it got before ends where a frame does. */
  void goAway() {
    FrameMeter before = other().meter;
    if (closed || before == null || !before.isAtBorder()) {
      return;
    }
    closed = true;
    if (!other().saidClose()) {
      add(CloseFrame.of(tunnel.closeCodeTo(this), this == tunnel.backend()));
    }
    if (!tunnel.isOver()) { // It ends where the Close cannot be sent.
      other().socket.wantRead(!other().inputEnded); // For its answer, whoever stalls.
    }
  }

  private void add(byte[] frame) {
    ByteBuffer waiting = rest;
    if (waiting == null) {
      write(ByteBuffer.wrap(frame), System.nanoTime());
    } else {
      rest = ByteBuffer.allocate(waiting.remaining() + frame.length).put(waiting).put(frame).flip();
      unsent += frame.length;
    }
  }

  /** Whether it has got its Close and given one, or never will. */
  boolean hasLeft() {
    FrameMeter before = other().meter;
    if (meter == null || before == null) {
      return true;
    }
    return closed && rest == null && (inputEnded || saidClose());
  }

  /** Whether its peer sends no more. */
  boolean hasEnded() {
    return inputEnded;
  }

  private void write(ByteBuffer bytes, long now) {
    int left;
    try {
      left = socket.write(bytes);
    } catch (IOException e) {
      cannotSend(e);
      return;
    }
    if (left > 0) {
      stall(bytes, left, now);
    }
  }

  private void stall(ByteBuffer bytes, int left, long now) {
    rest =
        bytes.hasRemaining() ? ByteBuffer.allocate(bytes.remaining()).put(bytes).flip() : NOTHING;
    unsent = left;
    stalledSince = now;
    socket.wantWrite(true);
    other().socket.wantRead(closed && !other().inputEnded);
    tunnel.stalled();
  }

  private void cannotSend(IOException why) {
    tunnel.end("cannot send to the " + name + ": " + why.getMessage());
  }

  void writeRest(long now) {
    ByteBuffer waiting = rest;
    int left;
    try {
      left = socket.write(waiting == null ? NOTHING : waiting);
    } catch (IOException e) {
      cannotSend(e);
      return;
    }
    if (left == 0) {
      socket.wantWrite(false);
    }
    if (waiting == null) {
      return; // It was the socket's own affair.
    }
    if (left < unsent) {
      unsent = left;
      stalledSince = now;
      tunnel.touch(now);
    }
    if (left == 0) {
      rest = null;
      goOn();
    }
  }

  /** All is on the wire that stalled this side. */
  private void goOn() {
    if (closed) {
      tunnel.endIfLeft();
    } else if (other().inputEnded) {
      endOfOutput();
    } else {
      other().socket.wantRead(true);
    }
  }

  /** The peer sends no more; what it sent goes out first, then the other peer is told. */
  private void endOfInput() {
    inputEnded = true;
    socket.wantRead(false);
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
    if (other().outputEnded || (saidClose() && other().saidClose() && other().rest == null)) {
      tunnel.endOrderly("both sides closed");
      return;
    }
    try {
      int left = socket.shutdownOutput();
      if (left > 0) {
        stall(NOTHING, left, System.nanoTime());
      }
    } catch (IOException e) {
      cannotSend(e);
    }
  }

  /** Whether its peer has sent a Close: where both have, nothing follows (RFC 6455, 5.5.1). */
  private boolean saidClose() {
    return meter != null && meter.closeCode() != FrameMeter.NONE;
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
    return socket.isLost();
  }

  long received() {
    return received;
  }

  /** Lets go of the socket before its owner closes it. */
  void leave() {
    rest = null;
    socket.leave();
  }

  void close(boolean orderly) {
    try {
      if (orderly) {
        socket.close();
      } else {
        socket.cut();
      }
    } catch (Throwable e) {
      tunnel.loop().complain("closing the " + name + "'s side of a tunnel", e);
    }
  }
}
