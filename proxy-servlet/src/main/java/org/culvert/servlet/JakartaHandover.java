package org.culvert.servlet;

import jakarta.websocket.Session;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.culvert.exchange.JettyClient;
import org.culvert.exchange.Timers;
import org.culvert.upgrade.Accepted;
import org.culvert.upgrade.Hop;
import org.culvert.upgrade.Relay;
import org.culvert.upgrade.RelayEnd;
import org.culvert.upgrade.RelayThreads;
import org.jspecify.annotations.Nullable;

/**
 * A backend on its way from the servlet to the session that the container makes for its client, or
 * to the client's connection. It arrives once; a client that never opens is given up, for Tomcat
 * tells nobody when one has gone before its handshake was done.
 */
final class JakartaHandover implements RelayFront.Taker {
  private static final Duration OPEN_LIMIT = Duration.ofSeconds(5);

  private enum State {
    OFFERED,
    TAKEN,
    OPENED,
    LOST
  }

  private final JakartaUpgrade upgrade;
  private final Accepted accepted;
  private final Consumer<RelayEnd> ended;
  private final AtomicReference<State> state = new AtomicReference<>(State.OFFERED);

  /** The relay's share of the threads: they are there as long as it runs. */
  private final RelayThreads threads = RelayThreads.open();

  private volatile Timers.@Nullable Limit opening;
  private volatile SessionReading.Companion reading = SessionReading.Companion.NONE;

  JakartaHandover(JakartaUpgrade upgrade, Accepted accepted, Consumer<RelayEnd> ended) {
    this.upgrade = upgrade;
    this.accepted = accepted;
    this.ended = ended;
  }

  @Nullable String subprotocol() {
    return accepted.subprotocol();
  }

  /** Whose connection the backend's is. */
  JettyClient client() {
    return accepted.client();
  }

  /** How the session's connection is read, before there is a session. */
  void readBy(SessionReading.Companion way) {
    reading = way;
  }

  /** The container is about to answer 101. */
  void taken() {
    state.compareAndSet(State.OFFERED, State.TAKEN);
    opening = accepted.timers().start(OPEN_LIMIT, this::notOpened);
    if (state.get() != State.TAKEN) {
      stopOpening();
    }
  }

  /** Else it would keep this, and with it the whole WebSocket, long after its end. */
  private void stopOpening() {
    Timers.Limit running = opening;
    if (running != null) {
      running.stop();
    }
  }

  private void notOpened() {
    if (lost()) {
      ended.accept(
          RelayEnd.unopened("the client did not open for " + OPEN_LIMIT.toSeconds() + " s"));
    }
  }

  /** The proxy stops: what has not opened will not. */
  void withdraw() {
    if (state.get() == State.TAKEN && lost()) {
      ended.accept(RelayEnd.unopened("the proxy shuts down"));
    }
  }

  /** Gives it up unless the session has it: whether it was given up by this call. */
  boolean lost() {
    State before = state.getAndUpdate(s -> s == State.OPENED ? s : State.LOST);
    if (before == State.OPENED || before == State.LOST) {
      return false;
    }
    stopOpening();
    accepted.abort();
    threads.close();
    upgrade.over(this);
    return true;
  }

  boolean isTaken() {
    return state.get() != State.OFFERED;
  }

  /** The session is there; null when it came too late: then it is cut. */
  @Nullable JakartaClientHop opened(Session session) {
    if (!open()) {
      upgrade.hop(session, accepted, reading, threads).abort();
      return null;
    }
    reading.opening();
    return upgrade.hop(session, accepted, reading, threads);
  }

  private boolean open() {
    if (!state.compareAndSet(State.TAKEN, State.OPENED)) {
      return false;
    }
    stopOpening();
    return true;
  }

  @Override
  public void opened(Hop client) {
    if (open()) {
      start(client);
    } else {
      client.abort();
    }
  }

  @Override
  public void closed() {
    if (lost()) {
      ended.accept(RelayEnd.unopened("the client's connection was closed"));
    }
  }

  /** From here the relay has it: a session's handlers are set. */
  void start(Hop client) {
    Relay relay =
        Relay.start(
            client,
            accepted.backend(),
            accepted.settings(),
            accepted.timers(),
            end -> {
              upgrade.over(this);
              threads.close();
              ended.accept(end);
            });
    upgrade.running(this, relay);
  }
}
