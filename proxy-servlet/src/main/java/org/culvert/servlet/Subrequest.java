package org.culvert.servlet;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.culvert.access.AccessVerdict;
import org.culvert.access.AuthRequest;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.RequestBody;
import org.culvert.exchange.Timers;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.culvert.observe.ResponseRecord;
import org.jspecify.annotations.Nullable;

/**
 * A request of the proxy's own within a client's, which waits for it (nginx, {@code
 * ngx_http_subrequest}): it has no body, and of its answer the head alone is looked at. What is
 * here already of the answer's body is thrown away, so that the backend's connection can be kept;
 * for what is not nobody waits, and the connection is closed.
 */
final class Subrequest implements ClientCall, Downstream {
  /** Bytes of an answer's body that are thrown away at most. */
  private static final long MOST_DISCARDED = 64 * 1024;

  private final Downstream client;
  private final ClientCall call;
  private @Nullable ResponseHead head;
  private @Nullable GatewayFailure abandoned;
  private long discarded;
  private @Nullable AuthRequest question;
  private @Nullable RequestCycle cycle;

  /**
   * One that has not begun.
   *
   * @param client the leg of the request that waits
   * @param call that request's
   */
  Subrequest(Downstream client, ClientCall call) {
    this.client = client;
    this.call = call;
  }

  /** Takes what it is about. */
  void begin(AuthRequest asked, RequestCycle made) {
    question = asked;
    cycle = made;
  }

  /** It has ended: who waits goes on, unless there is nobody to be answered any more. */
  void ended(RequestCycle outer, Consumer<AccessVerdict> then) {
    RequestCycle inner = Objects.requireNonNull(cycle, "it has begun");
    outer.scope().takeValuesOf(inner.scope());
    Objects.requireNonNull(question).sets().forEach(s -> s.make(inner.scope(), outer.scope()));
    ResponseHead answer = head;
    GatewayFailure why = abandoned;
    if (outer.isCutOff()) {
      return;
    }
    if (answer != null) {
      then.accept(AuthRequest.verdict(answer.status(), answer.fields()));
    } else if (why != null) {
      outer.abandon(inner.record().status(), why);
    } else {
      then.accept(AuthRequest.verdict(0, new HeaderFields()));
    }
  }

  @Override
  public Downstream downstream(ResponseRecord record, Timers timers) {
    return this;
  }

  @Override
  public void sendTimeout(Duration limit) {
    // Nothing is sent.
  }

  @Override
  public void mayWait(Runnable step) {
    call.mayWait(step);
  }

  @Override
  public RequestBody body() {
    return NoBody.INSTANCE;
  }

  @Override
  public void interim(ResponseHead interim) {
    // Of nobody's interest.
  }

  @Override
  public void head(ResponseHead newHead) {
    head = newHead;
  }

  @Override
  public void trailers(HeaderFields trailers) {
    // As the body.
  }

  @Override
  public void write(ByteBuffer piece, boolean flush, Completion done) {
    discarded += piece.remaining();
    piece.position(piece.limit());
    if (flush || discarded > MOST_DISCARDED) {
      done.failed(new IOException("the rest of a subrequest's answer is not waited for"));
    } else {
      done.succeeded();
    }
  }

  @Override
  public void complete() {
    // Who waits is told by the cycle's end.
  }

  @Override
  public void abort(Throwable cause) {
    if (cause instanceof GatewayFailure failure && failure.leavesNoAnswer()) {
      abandoned = failure;
    }
  }

  @Override
  public boolean isCommitted() {
    return false;
  }

  @Override
  public void onClientGone(Runnable gone) {
    client.onClientGone(gone);
  }

  /** What follows an answer may make its thread wait: a body is read, a container is called. */
  @Override
  public boolean mayWait() {
    return true;
  }
}
