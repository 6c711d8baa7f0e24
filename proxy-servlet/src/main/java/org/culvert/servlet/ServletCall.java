package org.culvert.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.Timers;
import org.culvert.observe.ResponseRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The container's call of the servlet: asynchronous, or, where a filter in front forbids that, on
 * the container's thread, which then works for this request until it has ended.
 */
final class ServletCall implements ClientCall, UpgradeCall {
  private static final Logger log = LoggerFactory.getLogger(ServletCall.class);
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  private final HttpServletRequest request;
  private final HttpServletResponse response;
  private final Thread caller = Thread.currentThread();
  private @Nullable ServletDownstream asynchronous;
  private @Nullable BlockingDownstream blocking;

  ServletCall(HttpServletRequest request, HttpServletResponse response) {
    this.request = request;
    this.response = response;
  }

  @Override
  public Downstream downstream(ResponseRecord record, Timers timers) {
    if (request.isAsyncSupported()) {
      asynchronous = ServletDownstream.start(request, response, record, timers);
      return asynchronous;
    }
    if (WARNED.compareAndSet(false, true)) {
      log.warn(
          "{} has a filter without <async-supported>true</async-supported> before Culvert: each"
              + " request and each WebSocket handshake holds a thread until it ends",
          request.getContextPath().isEmpty() ? "the root application" : request.getContextPath());
    }
    blocking = new BlockingDownstream(request, response, record);
    return blocking;
  }

  /**
   * Asks something of the container's request, as its filters have wrapped it. False where it is
   * not ours any more, or is only ours on the waiting thread.
   */
  private boolean asks(Predicate<HttpServletRequest> question) {
    if (asynchronous == null) {
      return Thread.currentThread() == caller && question.test(request);
    }
    AtomicBoolean answer = new AtomicBoolean();
    asynchronous.use(() -> answer.set(question.test(request)));
    return answer.get();
  }

  /** A blocking leg has the container's. */
  @Override
  public void sendTimeout(Duration limit) {
    if (asynchronous != null) {
      asynchronous.sendTimeout(limit);
    }
  }

  /** At once: the thread is the container's, or one that its answers may hold. */
  @Override
  public void mayWait(Runnable step) {
    step.run();
  }

  @Override
  public boolean canTunnel() {
    return asks(asked -> TunnelFront.of(asked) != null);
  }

  /** In an ASYNC dispatch, or on the waiting thread. */
  @Override
  public void complete(PendingUpgrade pending) {
    if (asynchronous != null) {
      if (!asynchronous.dispatch(() -> pending.leaveIn(request), pending::abandon)) {
        pending.abandon();
        // Whoever noticed that the client left may have done no more than that.
        asynchronous.abort(new IOException("the client left while its WebSocket was dialled"));
      }
    } else if (blocking == null
        || !blocking.handOver(
            () -> pending.complete(new ServletClient(request, response)), pending::abandon)) {
      pending.abandon();
    }
  }

  /**
   * Waits for the end where the request cannot be asynchronous.
   *
   * @throws IOException to have the container cut the answer short
   */
  void await() throws IOException {
    if (blocking != null) {
      blocking.await();
    }
  }
}
