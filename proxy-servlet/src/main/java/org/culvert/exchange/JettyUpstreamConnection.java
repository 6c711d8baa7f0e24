package org.culvert.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.culvert.exchange.AnswerBody.Piece;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.io.ssl.SslHandshakeListener;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection of HTTP/1.1 to a peer: one attempt after another, each with one read for a
 * small answer. Asks its selector to tell of bytes all the time but while somebody has a piece in
 * hand and wants no more; so an end of an idle connection is noticed, and a request that is sent on
 * a kept one needs no word with the selector. Has a buffer only while bytes are in it, or pieces of
 * one that are not used yet: what comes then is read into the rest of it.
 *
 * <p>The lock guards parser, buffer and attempt; nobody is called back under it. Any thread may
 * abort at any time.
 */
final class JettyUpstreamConnection extends AbstractConnection implements Connection.UpgradeFrom {
  private enum Request {
    /** Bytes of it are to come. */
    SENDING,
    /** The last ones have been given to the endpoint. */
    LAST,
    /** It is sent. */
    SENT
  }

  private final JettyClient client;
  private final JettyIdleConnections idle;
  private final JettyDial dial;
  private final boolean tls;
  private final Object lock = new Object();
  private final JettyAnswerInput input;
  private final ReadLimit reading;
  private final Callback fillable = new Fillable();

  private volatile @Nullable AttemptListener current;
  private Request request = Request.SENT;
  private boolean headed;
  private boolean answered = true;
  private boolean persistent;
  private boolean switched;
  private boolean armed;
  private boolean closed;
  private volatile @Nullable Throwable refusal;
  private @Nullable Runnable ready;
  private @Nullable Throwable failure;
  private @Nullable AttemptListener unbroken;

  /**
   * A connection that is not open yet.
   *
   * @param idle where it is kept between two attempts
   * @param dial told when it is open
   */
  JettyUpstreamConnection(
      EndPoint endPoint,
      JettyClient client,
      JettyIdleConnections idle,
      JettyDial dial,
      boolean tls) {
    super(endPoint, client.connector().getExecutor());
    this.client = client;
    this.idle = idle;
    this.dial = dial;
    this.tls = tls;
    this.input = new JettyAnswerInput(endPoint, client.buffers(), tls);
    this.reading = new ReadLimit(client.timers(), this::silent);
  }

  /** Whether another attempt may begin, as far as is known. */
  boolean isUsable() {
    synchronized (lock) {
      return failure == null && !closed && getEndPoint().isOpen();
    }
  }

  /**
   * Begins an attempt; at most one is under way.
   *
   * @param toHead whether it is a HEAD
   * @param headSize bytes of the answer's head at most
   * @param hasBody whether a body is sent: the answer is waited for from its end on
   * @param readLimit how long the peer may say nothing
   * @return false when the connection has ended meanwhile, or, which would be a defect, has another
   *     attempt
   */
  boolean begin(
      AttemptListener attempt, boolean toHead, int headSize, boolean hasBody, Duration readLimit) {
    synchronized (lock) {
      if (failure != null || closed || switched || current != null) {
        return false;
      }
      reading.set(readLimit);
      current = attempt;
      request = Request.SENDING;
      headed = false;
      answered = false;
      input.begin(toHead, headSize);
      if (!hasBody) {
        reading.begin();
      }
      return true;
    }
  }

  /** The last bytes of the request are about to be given to the endpoint. */
  void lastBytes(AttemptListener attempt) {
    synchronized (lock) {
      if (current == attempt) {
        request = Request.LAST;
      }
    }
  }

  /** The request is sent. */
  void sent(AttemptListener attempt) {
    synchronized (lock) {
      if (current != attempt) {
        return;
      }
      request = Request.SENT;
      if (!headed) {
        reading.begin();
      }
    }
    settle(attempt);
  }

  /**
   * The request cannot be sent. A peer that wants no more of it may have said so before it closed:
   * its answer is looked for, unless the connection as such is broken.
   */
  void unsent(AttemptListener attempt, Throwable cause) {
    boolean open = getEndPoint().isOpen() && !(cause instanceof SSLException);
    synchronized (lock) {
      if (current != attempt) {
        return;
      }
      if (open) {
        request = Request.SENDING; // The rest of it is void.
        if (!headed) {
          reading.begin();
        }
      }
    }
    if (open) {
      settle(attempt); // Where the answer is whole already.
    } else {
      abort(attempt, cause);
    }
  }

  /** Ends an attempt that is under way, and the connection with it. */
  void abort(AttemptListener attempt, Throwable cause) {
    synchronized (lock) {
      if (current != attempt) {
        return;
      }
      mark(cause);
    }
    getEndPoint().close(cause);
    tell();
  }

  /** Keeps it for another attempt; nothing is under way. */
  void keep() {
    idle.keep(this);
  }

  // The answer.

  /** As {@link AnswerBody#read}, for the attempt whose answer it is. */
  @Nullable Piece read(AttemptListener attempt) {
    Piece piece = null;
    Throwable broken;
    HeaderFields trailers = null;
    synchronized (lock) {
      if (current != attempt) {
        return AnswerPiece.failed(failure != null ? failure : new ClosedChannelException());
      }
      if (failure == null) {
        try {
          piece = input.nextPiece();
        } catch (GatewayFailure | IOException | RuntimeException e) {
          mark(e);
        }
      }
      broken = failure;
      if (broken != null) {
        piece = AnswerPiece.failed(broken);
      } else if (input.isWhole()) {
        trailers = input.trailers();
        answerIsWhole();
      }
    }
    if (broken != null) {
      getEndPoint().close(broken);
      tell();
    } else if (trailers != null) {
      attempt.trailers(trailers); // Before another attempt may begin.
      settle(attempt);
    }
    return piece;
  }

  /** As {@link AnswerBody#demand}. */
  void demand(AttemptListener attempt, Runnable whenReady) {
    synchronized (lock) {
      if (current == attempt && failure == null && !input.isEnded()) {
        ready = whenReady;
        reading.begin();
        arm();
        return;
      }
    }
    whenReady.run();
  }

  // Reading.

  /** What the selector tells: there is something to read, or the connection is at its end. */
  private final class Fillable implements Callback {
    @Override
    public void succeeded() {
      onFillable();
    }

    @Override
    public void failed(Throwable cause) {
      outside(() -> broken(cause));
    }

    @Override
    public InvocationType getInvocationType() {
      AttemptListener attempt = current;
      return attempt != null && attempt.mayWait()
          ? InvocationType.BLOCKING
          : InvocationType.NON_BLOCKING;
    }
  }

  @Override
  public void onFillable() {
    AttemptListener headedNow = null;
    ResponseHead head = null;
    Runnable readyNow = null;
    Throwable broken;
    synchronized (lock) {
      armed = false;
      try {
        if (failure == null && !switched) {
          if (answered) {
            unasked();
          } else if (!headed) {
            head = readHead();
            headedNow = current;
          } else if (input.fill() || input.isEnded()) {
            readyNow = ready;
            ready = null;
            reading.end();
          } else {
            arm();
          }
        }
      } catch (GatewayFailure | IOException | RuntimeException e) {
        mark(e);
      }
      broken = failure;
    }
    if (broken != null) {
      getEndPoint().close(broken);
      tell();
    } else if (head != null && headedNow != null) {
      headedNow.answered(head);
    } else if (readyNow != null) {
      readyNow.run();
    }
  }

  /** Between two attempts: what the peer says belongs to none. */
  private void unasked() throws IOException {
    if (input.fill()) {
      throw new IOException("the peer sent what nobody had asked for");
    }
    if (input.isEnded()) {
      throw new IOException("the peer closed its idle connection");
    }
    input.releaseEmpty();
    arm();
  }

  private @Nullable ResponseHead readHead() throws GatewayFailure, IOException {
    ResponseHead head = input.readHead();
    headed = head != null;
    if (headed) {
      reading.end();
    } else {
      arm();
    }
    return head;
  }

  private void arm() {
    if (!armed && !closed) {
      armed = true;
      fillInterested(fillable);
    }
  }

  /** The read limit has passed. */
  private void silent() {
    AttemptListener attempt;
    synchronized (lock) {
      attempt = current;
      if (!reading.hasPassed()) {
        return; // Another attempt's already.
      }
    }
    if (attempt != null) {
      later(attempt::timedOut); // What follows may wait; the timers' thread must not.
    }
  }

  // Ends.

  /** What is left in the buffer nobody asked for. */
  private void answerIsWhole() {
    answered = true;
    reading.end();
    persistent = input.finish();
    if (persistent) {
      arm();
    }
  }

  /** Request and answer are over, or the answer alone: then the rest of the request is void. */
  private void settle(AttemptListener attempt) {
    boolean keep;
    synchronized (lock) {
      if (current != attempt || !answered || request == Request.LAST) {
        return;
      }
      current = null;
      keep = persistent && request == Request.SENT && failure == null;
    }
    attempt.ended();
    if (keep) {
      keep();
    } else {
      close();
    }
  }

  /** Under the lock; whoever marks closes and tells outside of it. */
  private void mark(Throwable cause) {
    if (failure == null) {
      failure = cause;
      unbroken = current;
      reading.stop();
      input.release();
    }
  }

  private void broken(Throwable cause) {
    synchronized (lock) {
      armed = false;
      if (switched) {
        return;
      }
      mark(cause);
    }
    getEndPoint().close(cause);
    tell();
  }

  /**
   * Does what a failure comes to where no lock is held: neither ours, nor that of TLS, beneath
   * which an endpoint may be closed.
   */
  void outside(Runnable task) {
    if (tls || Thread.holdsLock(lock)) {
      later(task);
    } else {
      task.run();
    }
  }

  private void later(Runnable task) {
    try {
      getExecutor().execute(task);
    } catch (RejectedExecutionException e) {
      // The process's last user is closing; its requests are being aborted.
    }
  }

  private void tell() {
    AttemptListener untold;
    Runnable waitingFor;
    Throwable cause;
    synchronized (lock) {
      cause = failure;
      untold = unbroken;
      unbroken = null;
      waitingFor = ready;
      ready = null;
    }
    if (untold != null && cause != null) {
      untold.broken(cause);
    }
    if (waitingFor != null) {
      waitingFor.run();
    }
  }

  // The switch to another protocol.

  /** The attempt takes the connection out of HTTP: its endpoint is upgraded next. */
  boolean leave(AttemptListener attempt) {
    synchronized (lock) {
      if (current != attempt || failure != null) {
        return false;
      }
      switched = true;
      current = null;
      reading.stop();
      return true;
    }
  }

  /** What came behind the head of the 101. */
  @Override
  public @Nullable ByteBuffer onUpgradeFrom() {
    synchronized (lock) {
      return input.rest();
    }
  }

  // What Jetty calls.

  @Override
  public void onOpen() {
    super.onOpen();
    if (getEndPoint() instanceof SslConnection.SslEndPoint tls) {
      tls.getSslConnection().addHandshakeListener(new Refusal());
    }
    synchronized (lock) {
      arm();
    }
    dial.opened(this);
  }

  /** Why TLS failed: who is told so may come later than the close, which Jetty gives no cause. */
  private final class Refusal implements SslHandshakeListener {
    @Override
    public void handshakeFailed(Event event, Throwable cause) {
      refusal = cause;
    }
  }

  @Override
  public boolean onIdleExpired(TimeoutException timeout) {
    return current == null; // An attempt has limits of its own.
  }

  @Override
  public void onClose(@Nullable Throwable cause) {
    super.onClose(cause);
    boolean left;
    synchronized (lock) {
      closed = true;
      left = switched;
    }
    idle.forget(this);
    if (!left) {
      Throwable known = cause == null ? refusal : cause;
      broken(known == null ? new ClosedChannelException() : known);
    }
  }
}
