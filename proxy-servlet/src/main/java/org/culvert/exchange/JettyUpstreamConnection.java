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
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection of HTTP/1.1 to a peer: one exchange after another, each with one read for a
 * small answer. Asks its selector to tell of bytes all the time but while somebody has a piece in
 * hand and wants no more; so an end of an idle connection is noticed, and a request that is sent on
 * a kept one needs no word with the selector. Has a buffer only while bytes are in it, or pieces of
 * one that are not used yet: what comes then is read into the rest of it.
 *
 * <p>The lock guards parser, buffer and exchange; nobody is called back under it. Any thread may
 * abort at any time.
 */
final class JettyUpstreamConnection extends AbstractConnection implements Connection.UpgradeFrom {
  /** One request and its answer, told of by the connection on any thread, never under its lock. */
  interface Exchange {
    /** The final head, or that of a 101; asked for the body, or for the switch, from now on. */
    void answered(ResponseHead head);

    /** It was cut short; the connection is closed. */
    void broken(Throwable cause);

    /** All of the answer was read; what came behind its body. */
    void trailers(HeaderFields fields);

    /** It is over: nothing further of the request is to be sent. */
    void ended();

    /** Nothing came for so long; the exchange is to abort. */
    void timedOut();

    /** Whether what it does with an answer may make the thread wait. */
    boolean mayWait();
  }

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

  private volatile @Nullable Exchange current;
  private Request request = Request.SENT;
  private boolean headed;
  private boolean answered = true;
  private boolean persistent;
  private boolean switched;
  private boolean armed;
  private boolean closed;
  private @Nullable Runnable ready;
  private @Nullable Throwable failure;
  private @Nullable Exchange unbroken;

  /**
   * A connection that is not open yet.
   *
   * @param idle where it is kept between two exchanges
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

  /** Whether another exchange may begin, as far as is known. */
  boolean isUsable() {
    synchronized (lock) {
      return failure == null && !closed && getEndPoint().isOpen();
    }
  }

  /**
   * Begins an exchange; at most one is under way.
   *
   * @param toHead whether it is a HEAD
   * @param hasBody whether a body is sent: the answer is waited for from its end on
   * @param readLimit how long the peer may say nothing
   * @return false when the connection has ended meanwhile, or, which would be a defect, has another
   *     exchange
   */
  boolean begin(Exchange exchange, boolean toHead, boolean hasBody, Duration readLimit) {
    synchronized (lock) {
      if (failure != null || closed || switched || current != null) {
        return false;
      }
      reading.set(readLimit);
      current = exchange;
      request = Request.SENDING;
      headed = false;
      answered = false;
      input.begin(toHead);
      if (!hasBody) {
        reading.begin();
      }
      return true;
    }
  }

  /** The last bytes of the request are about to be given to the endpoint. */
  void lastBytes(Exchange exchange) {
    synchronized (lock) {
      if (current == exchange) {
        request = Request.LAST;
      }
    }
  }

  /** The request is sent. */
  void sent(Exchange exchange) {
    synchronized (lock) {
      if (current != exchange) {
        return;
      }
      request = Request.SENT;
      if (!headed) {
        reading.begin();
      }
    }
    settle(exchange);
  }

  /**
   * The request cannot be sent. A peer that wants no more of it may have said so before it closed:
   * its answer is looked for, unless the connection as such is broken.
   */
  void unsent(Exchange exchange, Throwable cause) {
    boolean open = getEndPoint().isOpen() && !(cause instanceof SSLException);
    synchronized (lock) {
      if (current != exchange) {
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
      settle(exchange); // Where the answer is whole already.
    } else {
      abort(exchange, cause);
    }
  }

  /** Ends an exchange that is under way, and the connection with it. */
  void abort(Exchange exchange, Throwable cause) {
    synchronized (lock) {
      if (current != exchange) {
        return;
      }
      mark(cause);
    }
    getEndPoint().close(cause);
    tell();
  }

  /** Keeps it for another exchange; nothing is under way. */
  void keep() {
    idle.keep(this);
  }

  // The answer.

  /** As {@link AnswerBody#read}, for the exchange whose answer it is. */
  @Nullable Piece read(Exchange exchange) {
    Piece piece = null;
    Throwable broken;
    HeaderFields trailers = null;
    synchronized (lock) {
      if (current != exchange) {
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
      exchange.trailers(trailers); // Before another exchange may begin.
      settle(exchange);
    }
    return piece;
  }

  /** As {@link AnswerBody#demand}. */
  void demand(Exchange exchange, Runnable whenReady) {
    synchronized (lock) {
      if (current == exchange && failure == null && !input.isEnded()) {
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
      Exchange exchange = current;
      return exchange != null && exchange.mayWait()
          ? InvocationType.BLOCKING
          : InvocationType.NON_BLOCKING;
    }
  }

  @Override
  public void onFillable() {
    Exchange headedNow = null;
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

  /** Between two exchanges: what the peer says belongs to none. */
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
    Exchange exchange;
    synchronized (lock) {
      exchange = current;
      if (!reading.hasPassed()) {
        return; // Another exchange's already.
      }
    }
    if (exchange != null) {
      later(exchange::timedOut); // What follows may wait; the timers' thread must not.
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
  private void settle(Exchange exchange) {
    boolean keep;
    synchronized (lock) {
      if (current != exchange || !answered || request == Request.LAST) {
        return;
      }
      current = null;
      keep = persistent && request == Request.SENT && failure == null;
    }
    exchange.ended();
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
    Exchange untold;
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

  /** The exchange takes the connection out of HTTP: its endpoint is upgraded next. */
  boolean leave(Exchange exchange) {
    synchronized (lock) {
      if (current != exchange || failure != null) {
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
    synchronized (lock) {
      arm();
    }
    dial.opened(this);
  }

  @Override
  public boolean onIdleExpired(TimeoutException timeout) {
    return current == null; // An exchange has limits of its own.
  }

  @Override
  public void onClose(@Nullable Throwable cause) {
    super.onClose(cause);
    synchronized (lock) {
      closed = true;
    }
    idle.forget(this);
    broken(cause == null ? new ClosedChannelException() : cause);
  }
}
