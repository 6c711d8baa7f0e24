package org.culvert.exchange;

import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.culvert.exchange.ProxySettings.Timeouts;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.http.ResponseHead;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * One request to one peer: connect, send, wait for the head, hand the body on. Every way out, an
 * abort from any thread among them, leaves the connection either kept or closed.
 */
public final class JettyAttempt {
  /** Told how it goes, on any thread: first {@code answered} or {@code failed}, once. */
  public interface Progress {
    /** The head is here, the body waits to be read or cancelled. */
    void answered(ResponseHead head, AnswerBody body);

    /** There will be no answer. */
    void failed(GatewayFailure failure);
  }

  private final JettyClient client;
  private final JettyOrigin origin;
  private final Failover.Try attempt;
  private final Timeouts timeouts;
  private final int headSize;
  private final RequestHead head;
  private final @Nullable RequestBody body;
  private final Progress progress;
  private final @Nullable JettySwitch switching;
  private final boolean mayWait;

  private final Listener listener = new Listener();
  private final AtomicBoolean told = new AtomicBoolean();
  private final AtomicReference<@Nullable GatewayFailure> aborted = new AtomicReference<>();
  private volatile @Nullable JettyUpstreamConnection connection;
  private volatile @Nullable JettyRequestSending sending;
  private volatile HeaderFields trailers = new HeaderFields();

  /**
   * An attempt that has not begun.
   *
   * @param headSize bytes of the answer's head at most
   * @param body what to send after the head, or null
   * @param mayWait whether what is done with the answer may make its thread wait
   * @param switching takes the connection if the peer answers 101, or null where that is an error
   */
  public JettyAttempt(
      JettyClient client,
      JettyOrigin origin,
      Failover.Try attempt,
      Timeouts timeouts,
      int headSize,
      RequestHead head,
      @Nullable RequestBody body,
      boolean mayWait,
      Progress progress,
      @Nullable JettySwitch switching) {
    this.client = client;
    this.origin = origin;
    this.attempt = attempt;
    this.timeouts = timeouts;
    this.headSize = headSize;
    this.head = head;
    this.body = body;
    this.mayWait = mayWait;
    this.progress = progress;
    this.switching = switching;
  }

  /** Begins; returns at once. */
  public void start() {
    client.connect(
        origin,
        attempt.fresh(),
        timeouts.connect(),
        new JettyClient.Dialled() {
          @Override
          public void connected(JettyUpstreamConnection to, boolean reused) {
            if (reused) {
              attempt.reused();
            }
            if (reused || (body == null && !origin.isTls())) {
              send(to);
            } else {
              sendElsewhere(to);
            }
          }

          @Override
          public void failed(GatewayFailure failure) {
            fail(failure);
          }
        });
  }

  /** A body may be a file's and TLS costs time: not on the thread of the selector. */
  private void sendElsewhere(JettyUpstreamConnection to) {
    try {
      client.connector().getExecutor().execute(() -> send(to));
    } catch (RejectedExecutionException stopping) {
      to.close();
      fail(new GatewayFailure(GatewayFailure.Kind.SHUT_DOWN, "the proxy shuts down", stopping));
    }
  }

  /** Ends it, wherever it is; a connection that was begun on is closed. */
  public void abort(GatewayFailure cause) {
    if (aborted.compareAndSet(null, cause)) {
      JettyUpstreamConnection begun = connection;
      if (begun != null) {
        begun.abort(listener, cause);
      }
      fail(cause);
    }
  }

  private void fail(GatewayFailure failure) {
    if (told.compareAndSet(false, true)) {
      progress.failed(failure);
    }
  }

  private void send(JettyUpstreamConnection to) {
    attempt.record().connected();
    if (aborted.get() != null) {
      to.keep();
      return;
    }
    connection = to;
    boolean toHead = head.method().equals("HEAD");
    boolean begun = to.begin(listener, toHead, headSize, body != null, timeouts.read());
    if (!begun) {
      fail(
          new GatewayFailure(
              GatewayFailure.Kind.BROKEN,
              "upstream prematurely closed connection while sending request to upstream"));
      return;
    }
    JettyRequestSending request =
        new JettyRequestSending(
            to,
            client,
            listener,
            body,
            attempt.record()::sent,
            timeouts.send(),
            () -> passed("sending request to upstream"));
    sending = request;
    try {
      request.start(head, origin);
    } catch (RuntimeException e) {
      to.abort(listener, JettyFailures.sending(origin, e));
    }
    GatewayFailure cause = aborted.get();
    if (cause != null) {
      to.abort(listener, cause);
    }
  }

  private void passed(String doing) {
    abort(
        new GatewayFailure(
            GatewayFailure.Kind.TIMEOUT,
            "upstream timed out (110: Connection timed out) while " + doing));
  }

  private void switched(ResponseHead answer) {
    JettySwitch to = switching;
    if (to == null) {
      abort(
          new GatewayFailure(
              GatewayFailure.Kind.INVALID_RESPONSE,
              "upstream sent unexpected 101 while reading response header from upstream"));
      return;
    }
    GatewayFailure wrong = to.wrong(answer);
    if (wrong != null) {
      abort(wrong);
      return;
    }
    JettyUpstreamConnection from = connection;
    if (from != null && from.leave(listener) && told.compareAndSet(false, true)) {
      attempt.record().answered(answer.status(), answer.fields());
      EndPoint endPoint = from.getEndPoint();
      endPoint.setIdleTimeout(0);
      to.switched(answer, endPoint);
    } else if (from != null) {
      from.close();
    }
  }

  /** What the connection tells of. */
  private final class Listener implements AttemptListener {
    @Override
    public void answered(ResponseHead answer) {
      if (answer.status() == 101) {
        switched(answer);
      } else if (told.compareAndSet(false, true)) {
        attempt.record().answered(answer.status(), answer.fields());
        progress.answered(answer, new Body(Objects.requireNonNull(connection)));
      }
    }

    @Override
    public void broken(Throwable cause) {
      JettyRequestSending request = sending;
      boolean committed = request != null && request.isCommitted();
      if (request != null) {
        request.stop();
      }
      attempt.record().ended();
      GatewayFailure known = aborted.get();
      fail(known != null ? known : JettyFailures.exchanging(committed, cause));
    }

    @Override
    public void trailers(HeaderFields fields) {
      trailers = fields;
    }

    @Override
    public void ended() {
      JettyRequestSending request = sending;
      if (request != null && body != null) {
        request.stop();
      }
      attempt.record().ended();
    }

    @Override
    public void timedOut() {
      passed(told.get() ? "reading upstream" : "reading response header from upstream");
    }

    @Override
    public boolean mayWait() {
      return mayWait;
    }
  }

  private final class Body implements AnswerBody {
    private final JettyUpstreamConnection from;

    Body(JettyUpstreamConnection from) {
      this.from = from;
    }

    @Override
    public @Nullable Piece read() {
      Piece piece = from.read(listener);
      if (piece != null) {
        int bytes = piece.bytes().remaining();
        attempt.record().received(bytes);
        attempt.record().body(bytes);
      }
      return piece;
    }

    @Override
    public void demand(Runnable ready) {
      from.demand(listener, ready);
    }

    @Override
    public void cancel(Throwable cause) {
      abort(
          cause instanceof GatewayFailure known
              ? known
              : new GatewayFailure(
                  GatewayFailure.Kind.CLIENT_GONE, "client left: " + cause, cause));
    }

    @Override
    public HeaderFields trailers() {
      return trailers;
    }
  }
}
