package org.culvert.launcher;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.culvert.directive.ClientSettings;
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
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * The client's leg over Jetty's core: whoever has a piece writes it to the socket. Small pieces
 * that need not go at once wait for the next, so that a small answer is one write.
 */
final class CoreDownstream implements Downstream {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

  private final Request request;
  private final Response response;
  private final Callback callback;
  private final CoreRequestBody body;
  private final @Nullable Http1Connection http1;
  private final long number;
  private final long idleMillis;
  private final ResponseRecord record;
  private final Timers timers;
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicBoolean gone = new AtomicBoolean();
  private volatile Duration sendTimeout = ClientTimes.IDLE;
  private volatile boolean blocking;
  private volatile @Nullable SendTimeout limit;
  private volatile @Nullable GatewayFailure tooSlow;
  private volatile @Nullable Runnable whenGone;
  private volatile HangUps.@Nullable Watch watch;
  private volatile boolean wrote;

  // Of who answers, one call after the other.
  private final CoreHead head;
  private final KeptBytes kept = new KeptBytes();
  private long written;
  private boolean lastWritten;

  CoreDownstream(
      Request request,
      Response response,
      Callback callback,
      CoreRequestBody body,
      @Nullable Http1Connection http1,
      long idleMillis,
      ResponseRecord record,
      Timers timers) {
    this.request = request;
    this.response = response;
    this.callback = callback;
    this.body = body;
    this.http1 = http1;
    this.number = http1 == null ? 0 : http1.underWay().number();
    this.idleMillis = idleMillis;
    this.record = record;
    this.head = new CoreHead(request, record);
    this.timers = timers;
    body.open(record, this::askToContinue, this::waitsForBody, this::clientGone);
    // Nothing is read and nothing written: then the exchange waits for its backend, whose timeouts
    // are the location's.
    request.addIdleTimeoutListener(timeout -> false);
  }

  /** Sets {@code send_timeout}: how long one write to the client may take. */
  void sendTimeout(Duration time) {
    sendTimeout = time;
  }

  /** How the connection is treated from now on. */
  void follow(ClientSettings settings) {
    head.follow(settings);
  }

  /** The connection ends with this answer. */
  void endConnection() {
    head.endConnection();
  }

  /** What follows a write may wait for a disk. */
  void waitsForDisk() {
    blocking = true;
  }

  @Override
  public RequestBody body() {
    return body;
  }

  @Override
  public void interim(ResponseHead interim) {
    // As the other fronts: Jetty answers Expect itself.
  }

  @Override
  public void head(ResponseHead newHead) {
    head.set(newHead);
  }

  @Override
  public void trailers(HeaderFields fields) {
    head.trailers(fields);
  }

  @Override
  public void write(ByteBuffer piece, boolean flush, Completion done) {
    wrote = true;
    if (over.get()) {
      done.failed(new IOException("the answer is over"));
      return;
    }
    int bytes = piece.remaining();
    written += bytes;
    boolean last = written == head.length();
    if (!last && !flush && kept.keep(piece)) {
      record.wrote(bytes);
      done.succeeded();
      return;
    }
    send(kept.before(piece), last, new Write(bytes, done));
  }

  private void send(ByteBuffer bytes, boolean last, Write writing) {
    SendTimeout timeout = limit;
    if (timeout == null) {
      timeout = new SendTimeout(timers, sendTimeout, this::sendTimedOut);
      limit = timeout;
    }
    try {
      head.apply(response, last, body, http1);
    } catch (RuntimeException e) {
      writing.done.failed(
          new GatewayFailure(GatewayFailure.Kind.INTERNAL, "cannot answer: " + e, e));
      return;
    }
    lastWritten = last;
    timeout.begin();
    response.write(last, bytes, writing);
    timeout.await();
    if (timeout.isSending()) {
      waits();
    }
  }

  /** nginx asks also where the body is here already. */
  private void askToContinue() {
    CompletableFuture<Void> unused =
        response.writeInterim(HttpStatus.CONTINUE_100, HttpFields.EMPTY);
  }

  /** A piece of the request's body is waited for. */
  private void waitsForBody() {
    if (http1 != null) {
      http1.underWay().waits(number, head.rules().bodyTimeout().toMillis());
    }
  }

  /** From now on the client is waited for, under a time of its own. */
  private void waits() {
    if (http1 != null) {
      http1.underWay().waits(number, idleMillis);
    }
  }

  /** By the timer's thread. */
  private void sendTimedOut() {
    GatewayFailure failure =
        new GatewayFailure(
            GatewayFailure.Kind.CLIENT_TIMEOUT,
            "client timed out: it took nothing for " + sendTimeout);
    tooSlow = failure;
    if (http1 == null) {
      request.fail(failure);
    } else {
      resetIfWanted(http1);
      http1.getEndPoint().close(); // The write fails by that, and Jetty says so.
    }
  }

  @Override
  public void complete() {
    if (!over.compareAndSet(false, true)) {
      return;
    }
    if (lastWritten) {
      finish();
      return;
    }
    send(
        kept.before(NOTHING.duplicate()),
        true,
        new Write(
            0,
            new Completion() {
              @Override
              public void succeeded() {
                finish();
              }

              @Override
              public void failed(Throwable cause) {
                drop(cause);
              }
            }));
  }

  private void finish() {
    end();
    callback.succeeded();
  }

  @Override
  public void abort(Throwable cause) {
    if (over.compareAndSet(false, true)) {
      drop(cause);
    }
  }

  @Override
  public void drop() {
    if (http1 != null && !over.get()) {
      resetIfWanted(http1);
    }
    Downstream.super.drop();
  }

  /** {@code reset_timedout_connection}: what is closed next is reset. */
  private void resetIfWanted(Http1Connection connection) {
    if (head.rules().resetTimedOut()) {
      ClientSockets.resetAtClose(connection.getEndPoint());
    }
  }

  /** An HTTP/2 stream is reset, an HTTP/1 connection closed: nobody takes a piece for the whole. */
  private void drop(Throwable cause) {
    if (http1 != null) {
      if (cause instanceof GatewayFailure known
          && known.kind() == GatewayFailure.Kind.CLIENT_TIMEOUT) {
        resetIfWanted(http1);
      }
      http1.getEndPoint().close(); // First, so that no write is under way below.
    }
    end();
    callback.failed(new Request.Handler.AbortException(cause));
  }

  private void end() {
    release();
    if (http1 != null) {
      http1.underWay().end(number, head.rules());
    }
  }

  private void release() {
    HangUps.Watch current = watch;
    if (current != null) {
      current.stop();
    }
    SendTimeout timeout = limit;
    if (timeout != null) {
      timeout.stop();
    }
    body.close();
  }

  /**
   * The connection is about to be another protocol's: nothing is answered or looked for here any
   * more.
   *
   * @return false where it is over already
   */
  boolean leaveHttp() {
    if (http1 == null || !over.compareAndSet(false, true)) {
      return false;
    }
    release();
    http1.underWay().leave();
    return true;
  }

  /** It is the other protocol's: until then it was not to be taken for an idle one. */
  void leftHttp() {
    if (http1 != null) {
      http1.underWay().end(number, head.rules());
    }
  }

  @Override
  public boolean isCommitted() {
    return wrote || over.get();
  }

  @Override
  public void onClientGone(Runnable callback) {
    boolean first = whenGone == null;
    whenGone = callback;
    if (first && !over.get()) {
      request.addFailureListener(failure -> clientGone());
      if (http1 != null) {
        watch = timers.hangUps().watch(this::line, this::clientGone);
      }
    }
    if (gone.get() && !over.get()) {
      callback.run();
    }
  }

  private HangUps.@Nullable Line line() {
    return http1 == null || over.get() ? null : ClientLine.of(http1.getEndPoint());
  }

  private void clientGone() {
    if (gone.compareAndSet(false, true) && !over.get()) {
      Runnable told = whenGone;
      if (told != null) {
        told.run();
      }
    }
  }

  /** A write, until Jetty says how it ended. */
  private final class Write implements Callback {
    private final int bytes;
    private final Completion done;

    Write(int bytes, Completion done) {
      this.bytes = bytes;
      this.done = done;
    }

    @Override
    public InvocationType getInvocationType() {
      return blocking ? InvocationType.BLOCKING : InvocationType.NON_BLOCKING;
    }

    @Override
    public void succeeded() {
      ended();
      record.wrote(bytes);
      done.succeeded();
    }

    @Override
    public void failed(Throwable cause) {
      ended();
      GatewayFailure known = tooSlow;
      done.failed(known == null ? cause : known);
    }

    private void ended() {
      SendTimeout timeout = limit;
      if (timeout != null) {
        timeout.end();
      }
    }
  }
}
