package org.culvert.exchange;

import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.culvert.exchange.ProxySettings.Timeouts;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeadChecks;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.http.ResponseHead;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.HttpUpgrader;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * One request to one peer over Jetty's client: connect, send, wait for the head, hand the body on.
 * Every way out, an abort from any thread among them, leaves the connection either kept or closed.
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
  private final Timers timers;
  private final RequestHead head;
  private final @Nullable RequestBody body;
  private final Progress progress;
  private final @Nullable JettySwitch switching;

  private final AtomicBoolean told = new AtomicBoolean();
  private final AtomicReference<@Nullable GatewayFailure> aborted = new AtomicReference<>();
  private volatile @Nullable JettyRequest request;
  private volatile boolean committed;
  private volatile boolean requestSent;
  private Timers.@Nullable Limit sendLimit;
  private Timers.@Nullable Limit readLimit;

  /**
   * An attempt that has not begun.
   *
   * @param body what to send after the head, or null
   * @param switching takes the connection if the peer answers 101, or null where that is an error
   */
  public JettyAttempt(
      JettyClient client,
      JettyOrigin origin,
      Failover.Try attempt,
      Timeouts timeouts,
      Timers timers,
      RequestHead head,
      @Nullable RequestBody body,
      Progress progress,
      @Nullable JettySwitch switching) {
    this.client = client;
    this.origin = origin;
    this.attempt = attempt;
    this.timeouts = timeouts;
    this.timers = timers;
    this.head = head;
    this.body = body;
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
          public void connected(Connection connection, boolean reused) {
            if (reused) {
              attempt.reused();
            }
            send(connection);
          }

          @Override
          public void failed(GatewayFailure failure) {
            fail(failure);
          }
        });
  }

  /** Ends it, wherever it is; a connection that was begun on is closed. */
  public void abort(GatewayFailure cause) {
    if (aborted.compareAndSet(null, cause)) {
      JettyRequest sent = request;
      if (sent != null) {
        sent.abort(cause);
      }
      fail(cause);
    }
  }

  private void fail(GatewayFailure failure) {
    stopLimits();
    if (told.compareAndSet(false, true)) {
      progress.failed(failure);
    }
  }

  private void send(Connection connection) {
    attempt.record().connected();
    if (aborted.get() != null) {
      client.release(origin, connection);
      return;
    }
    JettyRequest sending = new JettyRequest(client, origin, head);
    if (body != null) {
      Timers.Limit limit = timers.start(timeouts.send(), () -> passed(timeouts.send(), "sending"));
      sendLimit = limit;
      sending.body(
          new JettyRequestContent(
              body,
              limit::pause,
              bytes -> {
                limit.touch();
                attempt.record().sent(bytes);
              }));
      if (body.length() < 0) {
        sending.trailersSupplier(() -> fields(body.trailers()));
      }
    }
    Timers.Limit limit = timers.start(timeouts.read(), () -> passed(timeouts.read(), "reading"));
    readLimit = limit;
    if (body != null) {
      limit.pause(); // It begins when the request is sent.
    }
    sending.onRequestCommit(r -> committed = true);
    sending.onRequestSuccess(
        r -> {
          requestSent = true;
          stop(sendLimit);
          limit.touch();
        });
    sending.onResponseHeaders(this::checkHead);
    sending.onResponseContentSource(this::answered);
    if (switching != null) {
      HttpUpgrader.Factory upgrader = version -> new Upgrader(connection, switching);
      sending.attribute(HttpUpgrader.Factory.class.getName(), upgrader);
    }
    request = sending;
    try {
      connection.send(sending, result -> completed(connection, result));
    } catch (RuntimeException e) {
      connection.close();
      fail(new GatewayFailure(GatewayFailure.Kind.INTERNAL, "cannot send: " + e, e));
    }
    GatewayFailure cause = aborted.get();
    if (cause != null) {
      sending.abort(cause);
    }
  }

  private static HttpFields fields(HeaderFields from) {
    HttpFields.Mutable fields = HttpFields.build();
    from.forEach(field -> fields.add(field.name(), field.value()));
    return fields;
  }

  private void passed(Duration limit, String doing) {
    abort(
        new GatewayFailure(
            GatewayFailure.Kind.TIMEOUT,
            "upstream " + origin.address() + " timed out after " + limit + " while " + doing));
  }

  private void checkHead(Response response) {
    if (response.getStatus() == 101) {
      abort(
          new GatewayFailure(
              GatewayFailure.Kind.INVALID_RESPONSE,
              "upstream " + origin.address() + " switched protocols although not asked to"));
    }
  }

  /** Jetty asks it when a 101 came. */
  private final class Upgrader implements HttpUpgrader {
    private final Connection connection;
    private final JettySwitch to;

    Upgrader(Connection connection, JettySwitch to) {
      this.connection = connection;
      this.to = to;
    }

    @Override
    public void prepare(Request prepared) {
      // The head is complete.
    }

    @Override
    public void upgrade(Response response, EndPoint endPoint, Callback callback) {
      ResponseHead answer =
          new ResponseHead(
              response.getStatus(),
              response.getReason(),
              JettyAnswerBody.fields(response.getHeaders()));
      GatewayFailure wrong = to.wrong(answer);
      if (wrong != null || !told.compareAndSet(false, true)) {
        connection.close();
        callback.failed(wrong != null ? wrong : new ClosedChannelException());
        return;
      }
      stopLimits();
      attempt.record().answered(answer.status(), answer.fields());
      endPoint.setIdleTimeout(0);
      to.switched(answer, endPoint);
      callback.succeeded();
    }
  }

  private void answered(Response response, Content.Source source) {
    ResponseHead answer =
        new ResponseHead(
            response.getStatus(),
            response.getReason(),
            JettyAnswerBody.fields(response.getHeaders()));
    try {
      HeadChecks.check(answer);
    } catch (GatewayFailure ambiguous) {
      abort(ambiguous);
      return;
    }
    if (!told.compareAndSet(false, true)) {
      return;
    }
    pause(readLimit);
    attempt.record().answered(answer.status(), answer.fields());
    progress.answered(answer, new JettyAnswerBody(response, source, new Watch(), this::cancelled));
  }

  private final class Watch implements JettyAnswerBody.Watch {
    @Override
    public void waiting() {
      touch(readLimit);
    }

    @Override
    public void arrived(int bytes, boolean last) {
      pause(readLimit);
      attempt.record().received(bytes);
      attempt.record().body(bytes);
      if (last && body != null && !requestSent) {
        abort(
            new GatewayFailure(
                GatewayFailure.Kind.BROKEN,
                "upstream " + origin.address() + " answered before it had the whole request"));
      }
    }
  }

  private void cancelled(Throwable cause) {
    abort(
        cause instanceof GatewayFailure known
            ? known
            : new GatewayFailure(GatewayFailure.Kind.CLIENT_GONE, "client left: " + cause, cause));
  }

  private void completed(Connection connection, Result result) {
    stopLimits();
    attempt.record().ended();
    if (result.isSucceeded()) {
      client.release(origin, connection);
      if (!told.get()) {
        answered(result.getResponse(), Content.Source.from(ByteBuffer.allocate(0)));
      }
      return;
    }
    connection.close();
    GatewayFailure cause = aborted.get();
    fail(cause != null ? cause : JettyFailures.exchanging(origin, committed, result.getFailure()));
  }

  private void stopLimits() {
    stop(sendLimit);
    stop(readLimit);
  }

  private static void stop(Timers.@Nullable Limit limit) {
    if (limit != null) {
      limit.stop();
    }
  }

  private static void pause(Timers.@Nullable Limit limit) {
    if (limit != null) {
      limit.pause();
    }
  }

  private static void touch(Timers.@Nullable Limit limit) {
    if (limit != null) {
      limit.touch();
    }
  }
}
