package org.culvert.exchange;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.Octets;
import org.culvert.http.RequestHead;
import org.culvert.http.ResponseHead;
import org.culvert.upstream.Attempts;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * One client request with all its upstream attempts: takes the body, chooses a peer, sends, judges
 * the answer, answers. Reads top to bottom in the order in which it happens. No thread waits; the
 * outcome is claimed once, and a late connection, a time-out or a client that left aborts what is
 * under way.
 */
public final class Exchange {
  private final Upstreams upstreams;
  private final Downstream downstream;
  private final ProxySettings settings;
  private final LocationRules location;
  private final Scope scope;
  private final ExchangeEnd end;

  private final AtomicBoolean claimed = new AtomicBoolean();
  private volatile @Nullable GatewayFailure clientGone;
  private volatile @Nullable BufferedBody buffered;
  private volatile @Nullable Failover failover;
  private volatile @Nullable JettyAttempt attempt;
  private volatile @Nullable ProxyTarget target;
  private volatile @Nullable RequestBody streamed;
  private volatile @Nullable RequestHead head;
  private volatile boolean streamedRead;

  /**
   * An exchange that has not begun.
   *
   * @param scope has RequestFacts; gets Attempts, ProxyTarget and where it was buffered the
   *     BufferedBody, which whoever ends the request closes. All that depends on the request is
   *     evaluated on the thread that calls {@link #start}, except what belongs to the answer
   */
  public Exchange(
      Upstreams upstreams,
      Downstream downstream,
      ProxySettings settings,
      LocationRules location,
      Scope scope,
      ExchangeEnd end) {
    this.upstreams = upstreams;
    this.downstream = downstream;
    this.settings = settings;
    this.location = location;
    this.scope = scope;
    this.end = end;
  }

  /** Begins; returns at once. */
  public void start() {
    downstream.onClientGone(this::clientGone);
    if (clientGone != null) {
      return;
    }
    try {
      ProxyTarget to = ProxyTarget.of(settings.pass(), scope, upstreams.groups());
      target = to;
      head = ForwardedRequest.plain(settings, to, scope);
      takeBody();
    } catch (GatewayFailure failure) {
      unanswered(failure);
    } catch (RuntimeException e) {
      unanswered(defect(e));
    }
  }

  private void takeBody() throws GatewayFailure {
    BufferedBody before = scope.find(BufferedBody.class);
    if (before != null
        && before.isWhole()
        && settings.request().body() == null
        && settings.request().passBody()) {
      buffered = before;
      dial();
      return;
    }
    RequestBody client = downstream.body();
    long limit = location.maxBodySize();
    if (limit > 0 && client.length() > limit) {
      throw new GatewayFailure(
          GatewayFailure.Kind.BODY_TOO_LARGE,
          "client intended to send too large body: " + client.length() + " bytes");
    }
    ProxySettings.RequestRules rules = settings.request();
    if (rules.body() != null) {
      buffered = BufferedBody.of(Octets.bytes(rules.body().evaluate(scope)));
      dial();
    } else if (!rules.passBody() || client.length() == 0) {
      dial();
    } else {
      RequestBody limited =
          limit > 0 && client.length() < 0 ? new LimitedBody(client, limit) : client;
      // HTTP/1.0 has no chunks: the length must be known.
      if (rules.buffering() || (client.length() < 0 && rules.httpVersion().equals("1.0"))) {
        BufferedBody whole = new BufferedBody(rules.bodyBufferSize());
        buffered = whole;
        scope.put(BufferedBody.class, whole);
        new BodyCollector(limited, whole, () -> guarded(this::dial), this::unanswered).start();
      } else {
        streamed = limited;
        dial();
      }
    }
  }

  /** A defect of ours, on whatever thread, is an answer too: nobody else would give one. */
  private void guarded(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException defect) {
      unanswered(defect(defect));
    }
  }

  private void guarded(Failover.Try attempted, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException defect) {
      GatewayFailure failure = defect(defect);
      JettyAttempt running = attempt;
      if (running != null) {
        running.abort(failure);
      }
      attempted.failed(failure);
    }
  }

  private static GatewayFailure defect(RuntimeException cause) {
    return new GatewayFailure(GatewayFailure.Kind.INTERNAL, "cannot forward: " + cause, cause);
  }

  private void dial() {
    ProxyTarget to = known(target);
    Attempts attempts = scope.find(Attempts.class);
    if (attempts == null) {
      attempts = new Attempts();
      scope.put(Attempts.class, attempts);
    }
    Failover loop =
        new Failover(
            to.group(),
            settings.nextUpstream(),
            attempts,
            known(head).method(),
            () -> !streamedRead,
            this::attempt,
            this::unanswered);
    failover = loop;
    if (clientGone == null) {
      loop.start();
    }
  }

  private void attempt(Failover.Try attempted) {
    ProxyTarget to = known(target);
    JettyOrigin origin = JettyClient.origin(to.scheme(), tlsName(to), attempted.peer(), to.group());
    JettyAttempt sending =
        new JettyAttempt(
            upstreams.clients().client(settings.tls()),
            origin,
            attempted,
            settings.timeouts(),
            upstreams.timers(),
            framed(known(head)),
            body(),
            new JettyAttempt.Progress() {
              @Override
              public void answered(ResponseHead answer, AnswerBody body) {
                guarded(attempted, () -> judge(attempted, answer, body));
              }

              @Override
              public void failed(GatewayFailure failure) {
                attempted.failed(failure);
              }
            },
            null);
    attempt = sending;
    sending.start();
    GatewayFailure gone = clientGone;
    if (gone != null) {
      sending.abort(gone);
    }
  }

  private String tlsName(ProxyTarget to) {
    var name = settings.tls().name();
    return name == null ? to.hostName() : name.evaluate(scope);
  }

  private @Nullable RequestBody body() {
    BufferedBody whole = buffered;
    if (whole != null) {
      return whole.length() == 0 ? null : whole.reader();
    }
    RequestBody stream = streamed;
    return stream == null ? null : new MarkedBody(stream);
  }

  /** A length of 0 that the client said is said on. */
  private RequestHead framed(RequestHead plain) {
    BufferedBody whole = buffered;
    RequestBody stream = streamed;
    long length = whole != null ? whole.length() : stream != null ? stream.length() : 0;
    boolean said = scope.get(RequestFacts.class).head().fields().contains("Content-Length");
    HeaderFields fields = new HeaderFields(plain.fields());
    if (length > 0 || (length == 0 && said && settings.request().passBody())) {
      fields.add("Content-Length", Long.toString(length));
    }
    return new RequestHead(plain.method(), plain.target(), plain.protocol(), fields);
  }

  /** A streamed body remembers that it was begun: it cannot be sent twice. */
  private final class MarkedBody implements RequestBody {
    private final RequestBody body;

    MarkedBody(RequestBody body) {
      this.body = body;
    }

    @Override
    public long length() {
      return body.length();
    }

    @Override
    public int read(java.nio.ByteBuffer into) throws java.io.IOException {
      streamedRead = true;
      return body.read(into);
    }

    @Override
    public void demand(Runnable ready) {
      body.demand(ready);
    }

    @Override
    public HeaderFields trailers() {
      return body.trailers();
    }
  }

  private void judge(Failover.Try attempted, ResponseHead answer, AnswerBody body) {
    if (attempted.passedOver(answer.status())) {
      body.cancel(
          new GatewayFailure(
              GatewayFailure.Kind.INVALID_RESPONSE,
              "answered " + answer.status() + ", the next upstream is tried"));
      return;
    }
    if (ForwardedResponse.intercepted(answer, settings.response(), location)) {
      intercept(attempted, answer, body);
      return;
    }
    if (!claimed.compareAndSet(false, true)) {
      attempted.done();
      body.cancel(gone());
      return;
    }
    Consumer<@Nullable GatewayFailure> ended =
        failure -> {
          attempted.done();
          end.answered(failure);
        };
    try {
      AnswerPipe.answer(answer, body, downstream, settings.response(), location, scope, ended);
    } catch (RuntimeException e) {
      GatewayFailure defect = defect(e);
      body.cancel(defect);
      downstream.abort(defect);
      ended.accept(defect);
    }
  }

  private void intercept(Failover.Try attempted, ResponseHead answer, AnswerBody body) {
    attempted.done();
    body.cancel(
        new GatewayFailure(
            GatewayFailure.Kind.INVALID_RESPONSE,
            "answered " + answer.status() + ", which is intercepted"));
    if (claimed.compareAndSet(false, true)) {
      end.unanswered(answer.status(), ForwardedResponse.kept(answer), null);
    }
  }

  private void unanswered(GatewayFailure failure) {
    if (claimed.compareAndSet(false, true)) {
      end.unanswered(failure.status(), new HeaderFields(), failure);
    }
  }

  private void clientGone() {
    if (!settings.ignoreClientAbort()) {
      abort(gone());
    }
  }

  /** Ends it, wherever it is: what it has with the peer is closed, and no other peer is tried. */
  public void abort(GatewayFailure failure) {
    clientGone = failure;
    Failover loop = failover;
    if (loop != null) {
      loop.abandon();
    }
    JettyAttempt running = attempt;
    if (running != null) {
      running.abort(failure);
    }
    unanswered(failure);
  }

  private static GatewayFailure gone() {
    return new GatewayFailure(
        GatewayFailure.Kind.CLIENT_GONE,
        "client prematurely closed connection, so upstream connection is closed too");
  }

  private static <T> T known(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("the exchange has not begun");
    }
    return value;
  }
}
