package org.culvert.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.HangUps;
import org.culvert.exchange.RequestBody;
import org.culvert.exchange.Timers;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.culvert.observe.ResponseRecord;
import org.jspecify.annotations.Nullable;

/** The client's leg over asynchronous servlet I/O. Started in the REQUEST dispatch. */
public final class ServletDownstream implements Downstream {
  private final HttpServletRequest request;
  private final HttpServletResponse response;
  private final ServletHead head;
  private final ResponseRecord record;
  private final Timers timers;
  private final AsyncRequest async;
  private final ServletRequestBody body;
  private final TimedWriter writer;
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicBoolean gone = new AtomicBoolean();
  private volatile @Nullable Runnable whenGone;
  private volatile HangUps.@Nullable Watch watch;
  private volatile boolean wrote;
  private volatile boolean broken;

  private ServletDownstream(
      HttpServletRequest request,
      HttpServletResponse response,
      ResponseRecord record,
      Timers timers) {
    this.request = request;
    this.response = response;
    this.record = record;
    this.timers = timers;
    this.head = new ServletHead(request, response, record);
    this.async = AsyncRequest.start(request, response, new Watcher());
    this.body = new ServletRequestBody(request, async, record, cause -> clientGone());
    this.writer = new TimedWriter(new ServletResponseWriter(response, async, this::broken), timers);
  }

  /** Puts a request into asynchronous mode. Only where {@code isAsyncSupported()}. */
  public static ServletDownstream start(
      HttpServletRequest request,
      HttpServletResponse response,
      ResponseRecord record,
      Timers timers) {
    return new ServletDownstream(request, response, record, timers);
  }

  /** Sets {@code send_timeout}: how long one write to the client may take. */
  public void sendTimeout(Duration limit) {
    writer.sendTimeout(limit);
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
    boolean before = wrote;
    wrote = true;
    int length = piece.remaining();
    try {
      if (over.get() || !async.use(head::apply)) {
        done.failed(new IOException("the answer is over"));
        return;
      }
    } catch (IOException | RuntimeException e) {
      done.failed(new GatewayFailure(GatewayFailure.Kind.INTERNAL, "cannot answer: " + e, e));
      return;
    }
    if (!before && body.length() == 0 && writeWhole(piece, done)) {
      return;
    }
    writer.write(
        piece,
        flush,
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
        });
  }

  /**
   * Writes an answer that is one piece and fits into the container's buffer: nothing of it can wait
   * for the client, so the container need not be asked when it may be written, which costs another
   * of its threads. Only where the request has no body: who still reads one is told of its end by
   * the way of a write.
   *
   * @return false where the piece is none such: nothing was done
   */
  private boolean writeWhole(ByteBuffer piece, Completion done) {
    int length = piece.remaining();
    AtomicBoolean written = new AtomicBoolean();
    try {
      async.useOrCut(
          () -> {
            if (head.isFor(length) && length <= response.getBufferSize()) {
              written.set(true);
              ServletResponseWriter.transfer(piece, response.getOutputStream());
            }
          });
    } catch (IOException | IllegalStateException e) {
      done.failed(e);
      return true;
    }
    if (written.get()) {
      record.wrote(length);
      done.succeeded();
    }
    return written.get();
  }

  @Override
  public void complete() {
    if (!over.compareAndSet(false, true)) {
      return;
    }
    try {
      async.use(head::apply);
    } catch (IOException | RuntimeException e) {
      drop(e);
      return;
    }
    if (!wrote || !isHeadOnItsWay()) {
      finish();
      return;
    }
    // The container's own last flush may wait for the client; this one does not.
    writer.flush(
        new Completion() {
          @Override
          public void succeeded() {
            finish();
          }

          @Override
          public void failed(Throwable cause) {
            drop(cause);
          }
        });
  }

  /**
   * Touches the container's objects.
   *
   * @return false when they are not ours any more, or the container refuses
   */
  boolean use(AsyncRequest.Touch touch) {
    try {
      return async.use(touch);
    } catch (IOException | IllegalStateException e) {
      return false;
    }
  }

  /**
   * Ends the leg without an answer: the rest is made in an ASYNC dispatch of the request.
   *
   * @param before run just before, where the request is there still
   * @param after run when the container has ended the request, dispatched or not: an application's
   *     filter may have kept the dispatch to itself
   * @return false when the request has ended already
   */
  boolean dispatch(Runnable before, Runnable after) {
    if (gone.get() || !over.compareAndSet(false, true)) {
      return false;
    }
    HangUps.Watch current = watch;
    if (current != null) {
      current.stopForGood(); // A look decrypts, where there is TLS: the tunnel's to do from here.
    }
    writer.stop();
    return async.dispatch(before, after);
  }

  private void unwatch() {
    HangUps.Watch current = watch;
    if (current != null) {
      current.stop();
    }
    writer.stop();
  }

  private void finish() {
    unwatch();
    async.complete();
  }

  @Override
  public void abort(Throwable cause) {
    if (over.compareAndSet(false, true)) {
      drop(cause);
      writer.fail(
          cause instanceof GatewayFailure known
              ? known
              : new GatewayFailure(
                  GatewayFailure.Kind.INTERNAL, "the answer is cut short: " + cause, cause));
    }
  }

  private void drop(Throwable cause) {
    unwatch();
    if (broken) {
      async.complete();
    } else {
      async.cut(cause); // Who has only ended its output would take an empty answer for a whole one.
    }
  }

  @Override
  public boolean isCommitted() {
    return wrote || isHeadOnItsWay();
  }

  private boolean isHeadOnItsWay() {
    AtomicBoolean open = new AtomicBoolean();
    try {
      async.use(() -> open.set(!head.isCommitted()));
    } catch (IOException e) {
      return true;
    }
    return !open.get();
  }

  /**
   * Nothing waits in Jetty. Tomcat's setWriteListener waits for the thread that the request came
   * on, which may be in a filter still, and its HTTP/2 writes wait for the connection's other
   * streams.
   */
  @Override
  public boolean mayWait() {
    return !ContainerAdapters.isJetty(request);
  }

  @Override
  public void onClientGone(Runnable callback) {
    whenGone = callback;
    if (watch == null && !over.get()) {
      watch = timers.hangUps().watch(this::line, this::clientGone);
    }
    if (gone.get() && !over.get()) {
      callback.run();
    }
  }

  private HangUps.@Nullable Line line() {
    AtomicReference<HangUps.@Nullable Line> line = new AtomicReference<>();
    try {
      async.use(() -> line.set(ContainerSocket.line(request)));
    } catch (IOException e) {
      return null;
    }
    return line.get();
  }

  /** The container says so: it has done with the connection what is to be done. */
  private void broken(Throwable cause) {
    broken = true;
    clientGone();
  }

  private void clientGone() {
    if (gone.compareAndSet(false, true) && !over.get()) {
      Runnable callback = whenGone;
      if (callback != null) {
        callback.run();
      }
    }
  }

  /** What the container tells. */
  private final class Watcher implements AsyncRequest.Watcher {
    @Override
    public void completed() {
      unwatch();
      if (!over.get()) {
        ServletDownstream.this.broken(new IOException("the container ended the request"));
      }
    }

    @Override
    public void broken(Throwable cause) {
      ServletDownstream.this.broken(cause);
    }
  }
}
