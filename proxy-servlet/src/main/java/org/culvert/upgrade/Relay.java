package org.culvert.upgrade;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.culvert.exchange.Timers;
import org.jspecify.annotations.Nullable;

/**
 * Two open WebSockets, client to proxy and proxy to server, and what goes between them: messages,
 * piece by piece, and the Close. Each hop answers its own pings. Thread-safe; holds no thread.
 *
 * <p>It ends in one of four ways, decided once: one side says Close, which is passed on; one side
 * breaks off, then the other is cut within a second, a client after a Close 1014; {@code
 * proxy_read_timeout} passes without a byte; or the proxy shuts down. It is over when both hops
 * are.
 */
public final class Relay {
  /** How long the peer may take to answer a Close that was passed on to it. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

  /** How long a peer may take to answer a Close after which it is cut in any case. */
  private static final Duration CUT_LIMIT = Duration.ofMillis(500);

  private final Hop client;
  private final Hop backend;
  private final RelaySettings settings;
  private final Timers timers;
  private final Consumer<RelayEnd> ended;
  private final Pump clientToBackend;
  private final Pump backendToClient;
  private final AtomicReference<@Nullable String> cause = new AtomicReference<>();
  private final AtomicInteger hopsOpen = new AtomicInteger(2);
  private final Side clientSide;
  private final Side backendSide;
  private volatile Timers.@Nullable Limit idle;
  private volatile boolean pinged;
  private volatile int closeCode;

  private Relay(
      Hop client, Hop backend, RelaySettings settings, Timers timers, Consumer<RelayEnd> ended) {
    this.client = client;
    this.backend = backend;
    this.settings = settings;
    this.timers = timers;
    this.ended = ended;
    clientToBackend = new Pump(client, backend, this, timers, settings.backendSend());
    backendToClient = new Pump(backend, client, this, timers, settings.clientSend());
    clientSide = new Side("client", client, clientToBackend);
    backendSide = new Side("upstream", backend, backendToClient);
  }

  /**
   * Starts the relay of two open hops.
   *
   * @param ended told once when both hops are over, on any thread
   */
  public static Relay start(
      Hop client, Hop backend, RelaySettings settings, Timers timers, Consumer<RelayEnd> ended) {
    Relay relay = new Relay(client, backend, settings, timers, ended);
    relay.start();
    return relay;
  }

  private void start() {
    watchIdle();
    client.start(clientSide);
    backend.start(backendSide);
    clientToBackend.start();
    backendToClient.start();
  }

  /** The proxy shuts down: both sides get a Close 1001 and are cut soon after. */
  public void shutDown() {
    end("the proxy shuts down", CloseCodes.GOING_AWAY);
  }

  /** Cuts both sides now. */
  public void abort(String why) {
    cause.compareAndSet(null, why);
    clientSide.cut();
    backendSide.cut();
  }

  /** Whether both hops have ended. */
  public boolean isOver() {
    return hopsOpen.get() <= 0;
  }

  /** Something came from one of the peers, or was taken by one. */
  void alive() {
    if (pinged) {
      pinged = false;
    }
    Timers.Limit running = idle;
    if (running != null) {
      running.touch();
    }
  }

  /** A write to that hop takes too long. */
  void stalled(Hop hop, Duration limit) {
    Side side = hop == client ? clientSide : backendSide;
    side.lost("the " + side.name + " did not read for " + limit.toMillis() + " ms");
  }

  /** That hop cannot be written to. */
  void broken(Hop hop, Throwable why) {
    Side side = hop == client ? clientSide : backendSide;
    side.lost("cannot send to the " + side.name + ": " + why);
  }

  // Idle: a half of the time, a ping to both sides, another half.

  private void watchIdle() {
    idle = timers.start(settings.idle().dividedBy(2), this::halfIdle);
  }

  private void halfIdle() {
    if (cause.get() != null) {
      return;
    }
    if (pinged && !clientToBackend.isSending() && !backendToClient.isSending()) {
      end("no byte for " + settings.idle().toMillis() + " ms", CloseCodes.GOING_AWAY);
      return;
    }
    watchIdle();
    pinged = true;
    client.ping();
    backend.ping();
  }

  /** Ends both sides with a Close, and cuts them if that is not answered soon. */
  private void end(String why, int code) {
    if (cause.compareAndSet(null, why)) {
      clientToBackend.discard();
      backendToClient.discard();
      clientSide.close(code, "", CUT_LIMIT);
      backendSide.close(code, "", CUT_LIMIT);
    }
  }

  private void over() {
    if (hopsOpen.decrementAndGet() > 0) {
      return;
    }
    clientToBackend.stop();
    backendToClient.stop();
    Timers.Limit running = idle;
    if (running != null) {
      running.stop();
    }
    String why = cause.get();
    ended.accept(
        new RelayEnd(
            clientToBackend.bytes(),
            backendToClient.bytes(),
            clientToBackend.messages(),
            backendToClient.messages(),
            closeCode,
            why == null ? "" : why));
  }

  @Override
  public String toString() {
    String why = cause.get();
    return "relay, "
        + clientToBackend.bytes()
        + " bytes to the upstream, "
        + backendToClient.bytes()
        + " to the client, "
        + (why == null ? "open" : "ending: " + why);
  }

  /** What is known of one of the two hops. */
  private final class Side implements Hop.Events {
    private final String name;
    private final Hop hop;
    private final Pump outOf;
    private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);
    private volatile Timers.@Nullable Limit closing;

    private enum State {
      OPEN,
      /** We said Close and wait for the peer's. */
      CLOSING,
      OVER
    }

    Side(String name, Hop hop, Pump outOf) {
      this.name = name;
      this.hop = hop;
      this.outOf = outOf;
    }

    private Side other() {
      return this == clientSide ? backendSide : clientSide;
    }

    @Override
    public void piece(Piece piece) {
      outOf.piece(piece);
    }

    @Override
    public void alive() {
      Relay.this.alive();
    }

    @Override
    public void closed(int code, String reason) {
      boolean first = cause.compareAndSet(null, "the " + name + " closed with " + code);
      if (first) {
        closeCode = code;
      }
      over();
      if (first) {
        other().outOf.discard();
        other().close(CloseCodes.maySend(code) ? code : CloseCodes.NONE, reason, CLOSE_LIMIT);
      }
    }

    @Override
    public void broken(Throwable why) {
      lost("the " + name + " broke off: " + why);
    }

    /** This side is gone, whether it knows or not. */
    void lost(String why) {
      boolean first = cause.compareAndSet(null, why);
      outOf.discard();
      cut();
      if (first) {
        Side other = other();
        other.outOf.discard();
        if (other == clientSide) {
          other.close(CloseCodes.BAD_GATEWAY, "", CUT_LIMIT);
        } else {
          other.cut();
        }
      }
    }

    /** Says Close; cuts if the peer's does not come in time. */
    void close(int code, String reason, Duration limit) {
      if (state.compareAndSet(State.OPEN, State.CLOSING)) {
        closing = timers.start(limit, this::cut);
        hop.close(code, reason);
        if (state.get() == State.OVER) {
          stopClosing();
        }
      }
    }

    void cut() {
      hop.abort();
      over();
    }

    private void over() {
      if (state.getAndSet(State.OVER) != State.OVER) {
        stopClosing();
        Relay.this.over();
      }
    }

    private void stopClosing() {
      Timers.Limit running = closing;
      if (running != null) {
        running.stop();
      }
    }
  }
}
