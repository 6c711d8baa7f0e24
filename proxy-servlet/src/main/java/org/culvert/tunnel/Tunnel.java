package org.culvert.tunnel;

import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Two sockets, client's and backend's, and the bytes between them, in both directions and
 * unchanged. A side that ends its output has that passed on, after its bytes; the tunnel is over
 * when both have, when one of them breaks, when a time passes, or when it is {@linkplain #close
 * closed}. Then both sockets are closed by their owners, once.
 */
public final class Tunnel {
  /** How long the peers may take to answer a Close after which they are cut in any case. */
  private static final long CLOSE_NANOS = Duration.ofMillis(500).toNanos();

  private final TunnelSide client;
  private final TunnelSide backend;
  private final TunnelRules rules;
  private final Consumer<TunnelEnd> ended;
  private final TunnelLoop loop;
  private @Nullable String cause;
  private int closeCode = FrameMeter.NONE;
  private boolean added;
  private boolean over;
  private boolean leaving;
  private long leavingSince;
  private int leavingClientCode = CloseFrame.GOING_AWAY;
  private int leavingBackendCode = CloseFrame.GOING_AWAY;
  private long active;

  /** When the loop looks at the times next; its place in the loop's order. */
  long look;

  final long number;

  Tunnel(Plan plan, TunnelLoop loop, long number) {
    this.loop = loop;
    this.number = number;
    client = new TunnelSide("client", plan.client, plan.fromClient, this);
    backend = new TunnelSide("upstream", plan.backend, plan.fromBackend, this);
    rules = plan.rules;
    ended = plan.ended;
  }

  /**
   * What a tunnel is made of.
   *
   * @param fromClient follows what the client sends, or null
   * @param fromBackend follows what the backend sends, or null
   * @param ended told once, on the loop's thread, which it must not hold up, when both sockets have
   *     been given back for closing
   */
  public record Plan(
      TunnelSocket client,
      TunnelSocket backend,
      @Nullable FrameMeter fromClient,
      @Nullable FrameMeter fromBackend,
      TunnelRules rules,
      Consumer<TunnelEnd> ended) {}

  /**
   * Begins, once. Where the loop has ended, or the tunnel was closed before, it ends at once.
   *
   * @param clientEarly what came from the client before; the tunnel's from now on
   * @param backendEarly what came from the backend before; the tunnel's from now on
   */
  public void start(ByteBuffer clientEarly, ByteBuffer backendEarly) {
    if (!loop.submit(() -> begin(clientEarly, backendEarly))) {
      end("the proxy shuts down");
    }
  }

  private void begin(ByteBuffer clientEarly, ByteBuffer backendEarly) {
    if (over) {
      return;
    }
    try {
      active = System.nanoTime();
      loop.add(this);
      added = true;
      client.open();
      backend.open();
      if (clientEarly.hasRemaining()) {
        client.receivedEarly(clientEarly, active);
      }
      if (backendEarly.hasRemaining() && !over) {
        backend.receivedEarly(backendEarly, active);
      }
    } catch (Throwable e) {
      end("it could not begin: " + e);
    }
  }

  /** Ends it, from any thread. Idempotent. A loop that ends takes all its tunnels with it. */
  public void close(String why) {
    loop.submit(() -> end(why));
  }

  /**
   * Ends it as a WebSocket ends, from any thread: each side gets a Close 1001 where the frames
   * before it end, and is cut where that is not known or the answer does not come soon. Idempotent.
   */
  public void goAway(String why) {
    loop.submit(() -> leave(why));
  }

  // The rest is the loop's thread.

  /** A side sent what is no frame: it hears so, and the other that its peer has failed. */
  void violated(TunnelSide side, String what) {
    if (over || leaving) {
      return;
    }
    if (closeCode == FrameMeter.NONE) {
      closeCode = CloseFrame.PROTOCOL_ERROR;
    }
    leavingBackendCode = CloseFrame.PROTOCOL_ERROR;
    leavingClientCode = side == client ? CloseFrame.PROTOCOL_ERROR : CloseFrame.BAD_GATEWAY;
    leave("the " + side.name + " sent " + what);
  }

  /** What a Close says that is added for a side. */
  int closeCodeTo(TunnelSide side) {
    return side == client ? leavingClientCode : leavingBackendCode;
  }

  private void leave(String why) {
    if (over || leaving) {
      return;
    }
    if (!added || client.hasEnded() || backend.hasEnded()) {
      end(why);
      return;
    }
    if (cause == null) {
      cause = why;
    }
    leaving = true;
    leavingSince = System.nanoTime();
    try {
      client.goAway();
      if (!over) {
        backend.goAway();
      }
    } catch (CancelledKeyException e) {
      end("its connection was closed"); // By a container, which says so later.
    }
    if (!over) {
      loop.lookAgain(this, deadline());
      endIfLeft();
    }
  }

  /** Whether nothing but two Closes is waited for. */
  boolean isLeaving() {
    return leaving;
  }

  /** Both sides have got their Close and given theirs. */
  void endIfLeft() {
    if (leaving && !over && client.hasLeft() && backend.hasLeft()) {
      endOrderly("it was left");
    }
  }

  TunnelLoop loop() {
    return loop;
  }

  TunnelSide otherThan(TunnelSide side) {
    return side == client ? backend : client;
  }

  TunnelSide backend() {
    return backend;
  }

  boolean isOver() {
    return over;
  }

  /** A byte has passed. */
  void touch(long now) {
    active = now;
  }

  void stalled() {
    loop.lookAgain(this, deadline());
  }

  void saidClose(TunnelSide side, int code) {
    if (closeCode == FrameMeter.NONE) {
      closeCode = code;
    }
    if (cause == null) {
      cause = "the " + side.name + " closed with " + code;
    }
  }

  void saidEnd(TunnelSide side) {
    if (cause == null) {
      cause = "the " + side.name + " closed";
    }
  }

  /** When the first of the times that run passes. */
  long deadline() {
    if (leaving) {
      return leavingSince + CLOSE_NANOS;
    }
    long first = active + rules.idle().toNanos();
    if (client.isStalled() || backend.isStalled()) {
      first = Long.MAX_VALUE;
      if (client.isStalled()) {
        first = client.stalledSince() + rules.clientSend().toNanos();
      }
      if (backend.isStalled()) {
        long other = backend.stalledSince() + rules.backendSend().toNanos();
        first = first == Long.MAX_VALUE || other - first < 0 ? other : first;
      }
    }
    return first;
  }

  /** Ends it if a time has passed, or says when to look again. */
  void lookAt(long now) {
    if (client.isLost() || backend.isLost()) {
      end("its connection was closed");
      return;
    }
    long deadline = deadline();
    if (deadline - now > 0) {
      loop.lookAgain(this, deadline);
    } else if (leaving) {
      end("no Close");
    } else if (client.isStalled() || backend.isStalled()) {
      boolean clients =
          client.isStalled() && client.stalledSince() + rules.clientSend().toNanos() - now <= 0;
      end(
          clients
              ? "the client did not read for " + rules.clientSend().toMillis() + " ms"
              : "the upstream did not read for " + rules.backendSend().toMillis() + " ms");
    } else {
      leave("no byte for " + rules.idle().toMillis() + " ms");
    }
  }

  /** Cuts both sides. */
  void end(String why) {
    end(why, false);
  }

  /** Both sides have had what they are to get. */
  void endOrderly(String why) {
    end(why, true);
  }

  /** The first cause stays. Nothing that a socket's owner does can keep it from ending. */
  private void end(String why, boolean orderly) {
    synchronized (this) { // A loop that ends may run a close while a start is refused.
      if (over) {
        return;
      }
      over = true;
    }
    if (cause == null) {
      cause = why;
    }
    if (added) {
      loop.remove(this);
    }
    client.leave();
    backend.leave();
    client.close(orderly);
    backend.close(orderly);
    try {
      int code = closeCode == FrameMeter.NONE ? 0 : closeCode;
      ended.accept(new TunnelEnd(client.received(), backend.received(), code, cause));
    } catch (Throwable e) {
      loop.complain("telling of a tunnel's end", e);
    }
  }
}
