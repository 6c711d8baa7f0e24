package org.culvert.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.culvert.exchange.ExchangeEnd;
import org.culvert.exchange.Timers;
import org.culvert.http.GatewayFailure;
import org.jspecify.annotations.Nullable;

/**
 * A backend that has said 101 and waits for the client's handshake to be completed: at once where
 * the front can, else in the ASYNC dispatch (DESIGN.md, "The way of an upgrade"), to which it
 * travels as an attribute of the request. Completed or abandoned, once, whichever comes first.
 */
final class PendingUpgrade {
  private static final String ATTRIBUTE = "org.culvert.upgrade";

  /** How long the container may take to make the dispatch. */
  private static final Duration DISPATCH_LIMIT = Duration.ofSeconds(30);

  /** What is left to do. */
  @FunctionalInterface
  interface ClientHandshake {
    /**
     * Answers 101 and hands the client's connection over.
     *
     * @throws GatewayFailure when that cannot be done; the backend is cut off then
     */
    void complete(SwitchingClient client) throws GatewayFailure;
  }

  private final ClientHandshake handshake;
  private final Runnable abort;
  private final Timers timers;
  private final Runnable opened;
  private final ExchangeEnd end;
  private final AtomicBoolean taken = new AtomicBoolean();
  private Timers.@Nullable Limit limit;

  /**
   * One that waits.
   *
   * @param abort cuts the backend off
   * @param opened told when the client has its 101
   * @param end told when the client's handshake cannot be completed
   */
  PendingUpgrade(
      ClientHandshake handshake, Runnable abort, Timers timers, Runnable opened, ExchangeEnd end) {
    this.handshake = handshake;
    this.abort = abort;
    this.timers = timers;
    this.opened = opened;
    this.end = end;
  }

  /** Leaves this for the dispatch; the container's request is ours still. */
  void leaveIn(HttpServletRequest request) {
    limit = timers.start(DISPATCH_LIMIT, this::abandon);
    request.setAttribute(ATTRIBUTE, this);
  }

  /**
   * Completes the upgrade that waits in a request.
   *
   * @return false when none waits: the dispatch is the application's own
   */
  static boolean completeIn(HttpServletRequest request, HttpServletResponse response) {
    if (!(request.getAttribute(ATTRIBUTE) instanceof PendingUpgrade pending)) {
      return false;
    }
    request.removeAttribute(ATTRIBUTE);
    pending.complete(new ServletClient(request, response));
    return true;
  }

  /** Completes the client's handshake, or answers that it could not be. */
  void complete(SwitchingClient client) {
    if (!take()) {
      client.refuse(504);
      return;
    }
    try {
      handshake.complete(client);
      opened.run();
    } catch (GatewayFailure failure) {
      client.refuse(failure.status() == 499 ? 400 : failure.status());
      end.answered(failure);
    }
  }

  /** There will be no dispatch: the client has gone. Does nothing where it was made. */
  void abandon() {
    if (take()) {
      abort.run();
      end.answered(
          new GatewayFailure(
              GatewayFailure.Kind.CLIENT_GONE, "the client left while its WebSocket was dialled"));
    }
  }

  private boolean take() {
    Timers.Limit running = limit;
    if (running != null) {
      running.stop();
    }
    return taken.compareAndSet(false, true);
  }
}
