package org.culvert.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.HangUps;
import org.culvert.exchange.RequestBody;
import org.culvert.exchange.SendTimeout;
import org.culvert.exchange.Timers;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.culvert.observe.ResponseRecord;
import org.jspecify.annotations.Nullable;

/**
 * The client's leg over asynchronous servlet I/O. Started in the REQUEST dispatch; the container's
 * own time-out is off, Culvert's timers rule.
 */
public final class ServletDownstream implements Downstream {
  private static final String ABORT = "org.culvert.abort";
  private static final Duration SEND_TIMEOUT = Duration.ofSeconds(60);

  private final HttpServletRequest request;
  private final ServletHead head;
  private final ResponseRecord record;
  private final Timers timers;
  private final AsyncContext async;
  private final ServletRequestBody body;
  private final ServletResponseWriter writer;
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicBoolean gone = new AtomicBoolean();
  private volatile Duration sendTimeout = SEND_TIMEOUT;
  private volatile @Nullable Runnable whenGone;
  private volatile HangUps.@Nullable Watch watch;
  private volatile @Nullable Runnable afterDispatch;
  private volatile @Nullable SendTimeout limit;
  private volatile @Nullable InFlight inFlight;
  private volatile boolean wrote;

  /** The container has ended the request: nothing of it may be touched any more. */
  private volatile boolean ended;

  /** The container has taken the request back, for another client perhaps. */
  private volatile boolean completed;

  private ServletDownstream(
      HttpServletRequest request,
      HttpServletResponse response,
      ResponseRecord record,
      Timers timers,
      AsyncContext async) {
    this.request = request;
    this.record = record;
    this.timers = timers;
    this.async = async;
    this.head = new ServletHead(request, response, record);
    this.body = new ServletRequestBody(request, record, this::clientGone);
    this.writer = new ServletResponseWriter(response, this::clientGone);
  }

  /** Puts a request into asynchronous mode. Only where {@code isAsyncSupported()}. */
  public static ServletDownstream start(
      HttpServletRequest request,
      HttpServletResponse response,
      ResponseRecord record,
      Timers timers) {
    AsyncContext async =
        request.isAsyncStarted()
            ? request.getAsyncContext()
            : request.startAsync(request, response);
    async.setTimeout(0);
    ServletDownstream downstream = new ServletDownstream(request, response, record, timers, async);
    async.addListener(downstream.new Listener());
    return downstream;
  }

  /**
   * To be called first in every ASYNC dispatch: where the answer is to be cut short and the
   * container's own way is not known, throws, which has a container drop a connection whose answer
   * has begun.
   */
  public static void cutShort(HttpServletRequest request) throws IOException {
    if (request.getAttribute(ABORT) instanceof Throwable cause) {
      request.removeAttribute(ABORT);
      throw new IOException("the answer is cut short: " + cause.getMessage(), cause);
    }
  }

  /** The request's asynchronous context. */
  public AsyncContext asyncContext() {
    return async;
  }

  /** Sets {@code send_timeout}: how long one write to the client may take. */
  public void sendTimeout(Duration limit) {
    sendTimeout = limit;
  }

  @Override
  public RequestBody body() {
    return body;
  }

  @Override
  public void interim(ResponseHead interim) {
    // No container's servlet API sends these yet; the container answers Expect itself.
  }

  @Override
  public void head(ResponseHead newHead) {
    head.set(newHead);
  }

  @Override
  public void trailers(HeaderFields trailers) {
    head.trailers(trailers);
  }

  @Override
  public void write(ByteBuffer piece, boolean flush, Completion done) {
    if (over.get() || ended) {
      done.failed(new IOException("the answer is over"));
      return;
    }
    wrote = true;
    int length = piece.remaining();
    try {
      head.apply();
    } catch (RuntimeException e) {
      done.failed(
          ended
              ? new IOException("the container has ended the request", e)
              : new GatewayFailure(GatewayFailure.Kind.INTERNAL, "cannot answer: " + e, e));
      return;
    }
    limited(
        new Completion() {
          @Override
          public void succeeded() {
            record.wrote(length);
            done.succeeded();
          }

          @Override
          public void failed(Throwable cause) {
            done.failed(cause);
          }
        },
        completion -> writer.write(piece, flush, completion));
  }

  private interface Operation {
    void start(Completion completion);
  }

  /** Runs an operation under {@code send_timeout}; tells its end once. */
  private void limited(Completion done, Operation operation) {
    SendTimeout timeout = limit;
    if (timeout == null) {
      Duration time = sendTimeout;
      timeout =
          new SendTimeout(
              timers,
              time,
              () ->
                  failInFlight(
                      new GatewayFailure(
                          GatewayFailure.Kind.CLIENT_TIMEOUT,
                          "client timed out: it took nothing for " + time)));
      limit = timeout;
    }
    InFlight operating = new InFlight(done, timeout);
    inFlight = operating;
    timeout.begin();
    operation.start(operating);
    timeout.await();
  }

  /** The operation under way is not waited for any longer. */
  private void failInFlight(GatewayFailure cause) {
    InFlight operating = inFlight;
    if (operating != null) {
      operating.failed(cause);
    }
  }

  /** What the container has been asked to write, until it or somebody else says how it ended. */
  private static final class InFlight implements Completion {
    private final AtomicBoolean told = new AtomicBoolean();
    private final Completion done;
    private final SendTimeout timeout;

    InFlight(Completion done, SendTimeout timeout) {
      this.done = done;
      this.timeout = timeout;
    }

    @Override
    public void succeeded() {
      if (told.compareAndSet(false, true)) {
        timeout.end();
        done.succeeded();
      }
    }

    @Override
    public void failed(Throwable cause) {
      if (told.compareAndSet(false, true)) {
        timeout.end();
        done.failed(cause);
      }
    }
  }

  @Override
  public void complete() {
    if (!over.compareAndSet(false, true)) {
      return;
    }
    try {
      head.apply();
    } catch (RuntimeException e) {
      drop(e);
      return;
    }
    if (!wrote || !head.isCommitted()) {
      finish();
      return;
    }
    // The container's own last flush may wait for the client; this one does not.
    limited(
        new Completion() {
          @Override
          public void succeeded() {
            finish();
          }

          @Override
          public void failed(Throwable cause) {
            drop(cause);
          }
        },
        writer::flush);
  }

  /**
   * Ends the leg without an answer: the rest is made in an ASYNC dispatch of the request.
   *
   * @param after run when the container has ended the request, dispatched or not: an application's
   *     filter may have kept the dispatch to itself
   * @return false when the request has ended already
   */
  boolean dispatch(Runnable after) {
    if (gone.get() || !over.compareAndSet(false, true)) {
      return false;
    }
    unwatch();
    afterDispatch = after;
    try {
      async.dispatch();
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  private void unwatch() {
    HangUps.Watch current = watch;
    if (current != null) {
      current.stop();
    }
    SendTimeout timeout = limit;
    if (timeout != null) {
      timeout.stop();
    }
  }

  private void finish() {
    unwatch();
    if (completed) {
      return;
    }
    try {
      async.complete();
    } catch (IllegalStateException e) {
      // The container has ended the request by itself: the client left.
    }
  }

  @Override
  public void abort(Throwable cause) {
    if (over.compareAndSet(false, true)) {
      drop(cause);
      failInFlight(
          cause instanceof GatewayFailure known
              ? known
              : new GatewayFailure(
                  GatewayFailure.Kind.INTERNAL, "the answer is cut short: " + cause, cause));
    }
  }

  private void drop(Throwable cause) {
    unwatch();
    if (completed) {
      return; // The container may have given the request to another client.
    }
    if (gone.get() || ContainerSocket.drop(request)) {
      finish();
      return;
    }
    try {
      request.setAttribute(ABORT, cause);
      async.dispatch();
    } catch (IllegalStateException | UnsupportedOperationException e) {
      finish(); // The request is over, or the application is being stopped.
    }
  }

  @Override
  public boolean isCommitted() {
    return wrote || head.isCommitted();
  }

  @Override
  public void onClientGone(Runnable callback) {
    whenGone = callback;
    if (watch == null && !over.get()) {
      watch =
          timers
              .hangUps()
              .watch(
                  () -> completed ? null : ContainerSocket.line(request),
                  () -> clientGone(new IOException("client closed connection")));
    }
    if (gone.get() && !over.get()) {
      callback.run();
    }
  }

  private void clientGone(Throwable cause) {
    if (gone.compareAndSet(false, true) && !over.get()) {
      Runnable callback = whenGone;
      if (callback != null) {
        callback.run();
      }
    }
  }

  private final class Listener implements AsyncListener {
    @Override
    public void onComplete(AsyncEvent event) {
      ended = true;
      completed = true;
      unwatch();
      Runnable after = afterDispatch;
      if (after != null) {
        after.run();
      }
      if (!over.get()) {
        clientGone(new IOException("the container ended the request"));
      }
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      // Never: the container's time-out is off.
    }

    @Override
    public void onError(AsyncEvent event) {
      ended = true;
      Throwable cause = event.getThrowable();
      clientGone(cause == null ? new IOException("the client left") : cause);
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
      event.getAsyncContext().addListener(this);
    }
  }
}
