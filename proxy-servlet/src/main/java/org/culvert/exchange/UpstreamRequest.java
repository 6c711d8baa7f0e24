package org.culvert.exchange;

import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.http.ResponseHead;
import org.culvert.resolver.Resolution;
import org.culvert.resolver.ResolverSettings;
import org.culvert.upstream.Attempts;
import org.culvert.upstream.UpstreamGroup;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * The upstream's half of one client request, plain or an upgrade: attempt after attempt, until an
 * answer is taken, or none is to be had, or the client has left. The outcome is claimed once; a
 * late connection, a time-out or a client that left aborts what is under way. No thread waits.
 */
public final class UpstreamRequest {
  /** What is sent beside the head; asked anew for each attempt. */
  public interface Message {
    /** The body from its start, or null for none. */
    @Nullable RequestBody body();

    /**
     * Whether the body, if any of it was sent, could be sent again: then no attempt reads from it
     * any more before {@link #body} is asked for the next.
     */
    boolean isRepeatable();

    /** Who takes the connection if the peer answers 101; null where that is an error. */
    @Nullable JettySwitch switching(Failover.Try attempted, JettyClient client);
  }

  /** Bytes of a body that nobody wants which are read all the same, for the connection's sake. */
  private static final int MOST_DROPPED = 64 * 1024;

  private final Upstreams upstreams;
  private final Downstream downstream;
  private final ProxySettings settings;
  private final LocationRules location;
  private final Scope scope;
  private final ExchangeEnd end;

  private final AtomicBoolean claimed = new AtomicBoolean();
  private volatile @Nullable GatewayFailure aborted;
  private volatile @Nullable Failover failover;
  private volatile @Nullable JettyAttempt attempt;

  /**
   * A request of which nothing is sent yet.
   *
   * @param downstream takes the answer
   * @param scope gets Attempts
   */
  public UpstreamRequest(
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

  /** Makes the first attempt, unless it was aborted; returns at once. */
  public void send(ProxyTarget to, RequestHead head, Message message) {
    UpstreamGroup known = to.group();
    if (known != null) {
      send(to, known, head, message);
      return;
    }
    String name = to.hostName();
    ResolverSettings resolver = settings.dialling().resolver();
    if (resolver == null) {
      unanswered(unresolved("no resolver defined to resolve " + name));
      return;
    }
    upstreams
        .resolver(resolver)
        .resolve(
            name,
            settings.dialling().resolverTimeout(),
            resolution -> resolved(resolution, to, head, message));
  }

  private static GatewayFailure unresolved(String message) {
    return new GatewayFailure(GatewayFailure.Kind.NO_LIVE_PEER, message);
  }

  private void resolved(Resolution found, ProxyTarget to, RequestHead head, Message message) {
    if (aborted != null) {
      return; // Whoever did so has had its end told.
    }
    if (found.state() != 0) {
      unanswered(unresolved(to.hostName() + " could not be resolved " + found.reason()));
      return;
    }
    try {
      send(to, to.resolved(found.addresses()), head, message);
    } catch (RuntimeException e) {
      unanswered(defect(e));
    }
  }

  private void send(ProxyTarget to, UpstreamGroup group, RequestHead head, Message message) {
    Attempts attempts = scope.find(Attempts.class);
    if (attempts == null) {
      attempts = new Attempts();
      scope.put(Attempts.class, attempts);
    }
    attempts.asking(to.scheme(), head.target());
    LocalAddress local = local();
    Failover loop =
        new Failover(
            group,
            settings.nextUpstream(),
            attempts,
            head.method(),
            message::isRepeatable,
            attempted -> attempt(attempted, to, group, local, head, message),
            this::unanswered);
    failover = loop;
    if (aborted == null) {
      loop.start();
    }
  }

  private void attempt(
      Failover.Try attempted,
      ProxyTarget to,
      UpstreamGroup group,
      LocalAddress local,
      RequestHead head,
      Message message) {
    JettyClient client = upstreams.clients().client(settings.tls());
    JettyAttempt sending =
        new JettyAttempt(
            client,
            JettyClient.origin(to.scheme(), tlsName(to), attempted.peer(), group, local),
            attempted,
            settings.timeouts(),
            settings.response().headSize(),
            head,
            message.body(),
            downstream.mayWait(),
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
            message.switching(attempted, client));
    attempt = sending;
    sending.start();
    GatewayFailure cause = aborted;
    if (cause != null) {
      sending.abort(cause);
    }
  }

  /** An address that variables make and that is none is no error: any is taken, as in nginx. */
  private LocalAddress local() {
    ProxySettings.Dialling dialling = settings.dialling();
    String bind = dialling.bind().evaluate(scope);
    InetSocketAddress address = bind.isEmpty() ? null : LocalAddress.parse(bind);
    return address == null && !dialling.keepAlive()
        ? LocalAddress.ANY
        : new LocalAddress(address, dialling.keepAlive());
  }

  private String tlsName(ProxyTarget to) {
    var name = settings.tls().name();
    return name == null ? to.hostName() : name.evaluate(scope);
  }

  /** A defect of ours, on whatever thread, is an answer too: nobody else would give one. */
  private void guarded(Failover.Try attempted, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      GatewayFailure defect = defect(e);
      JettyAttempt running = attempt;
      if (running != null) {
        running.abort(defect);
      }
      attempted.failed(defect);
    }
  }

  /** What an exception of our own making comes to. */
  public static GatewayFailure defect(RuntimeException cause) {
    return new GatewayFailure(GatewayFailure.Kind.INTERNAL, "cannot forward: " + cause, cause);
  }

  private void judge(Failover.Try attempted, ResponseHead answer, AnswerBody body) {
    if (attempted.passedOver(answer.status())) {
      body.cancel(dropped(answer, "the next upstream is tried"));
    } else if (ForwardedResponse.intercepted(answer, settings.response(), location)) {
      attempted.done();
      drop(body, dropped(answer, "which is intercepted"));
      if (claim()) {
        end.unanswered(answer.status(), ForwardedResponse.kept(answer), null);
      }
    } else if (ForwardedResponse.redirect(answer, settings.response()) != null) {
      attempted.done();
      drop(body, dropped(answer, "which is redirected"));
      redirect(answer);
    } else if (isUnsatisfiable(answer)) {
      attempted.done();
      drop(body, dropped(answer, "of which no part is asked for"));
      if (claim()) {
        String all = "bytes */" + answer.fields().first("Content-Length");
        end.unanswered(416, HeaderFields.of("Content-Range", all), null);
      }
    } else if (claim()) {
      answer(attempted, answer, body);
    } else {
      attempted.done();
      body.cancel(late(aborted));
    }
  }

  private boolean isUnsatisfiable(ResponseHead answer) {
    RequestHead request = scope.get(RequestFacts.class).head();
    return ForwardedRange.of(answer, settings.response().ranges(), request).isUnsatisfiable();
  }

  private void redirect(ResponseHead answer) {
    ForwardedResponse.limitRate(answer, settings.response(), scope);
    String uri = ForwardedResponse.redirect(answer, settings.response());
    HeaderFields kept =
        ForwardedResponse.keptByRedirect(answer.fields(), settings.response(), scope);
    if (uri != null && claim()) {
      end.redirected(uri, kept);
    }
  }

  /** Throws away what is here of a body, so that its connection can be kept where that is all. */
  private static void drop(AnswerBody body, GatewayFailure why) {
    for (int bytes = 0; bytes < MOST_DROPPED; ) {
      AnswerBody.Piece piece = body.read();
      if (piece == null) {
        break;
      }
      bytes += piece.bytes().remaining();
      piece.release();
      if (piece.isLast()) {
        return;
      }
    }
    body.cancel(why);
  }

  private static GatewayFailure dropped(ResponseHead answer, String why) {
    return new GatewayFailure(
        GatewayFailure.Kind.INVALID_RESPONSE, "answered " + answer.status() + ", " + why);
  }

  private void answer(Failover.Try attempted, ResponseHead answer, AnswerBody body) {
    ForwardedResponse.limitRate(answer, settings.response(), scope);
    Consumer<@Nullable GatewayFailure> ended =
        failure -> {
          attempted.done();
          end.answered(failure);
        };
    try {
      AnswerBody paced = PacedBody.of(body, settings.response(), scope, upstreams.timers());
      AnswerPipe.answer(answer, paced, downstream, settings.response(), location, scope, ended);
    } catch (RuntimeException e) {
      GatewayFailure defect = defect(e);
      body.cancel(defect);
      downstream.abort(defect);
      ended.accept(defect);
    }
  }

  /** Claims the outcome; whoever gets true, once, says what it is. */
  public boolean claim() {
    return claimed.compareAndSet(false, true);
  }

  /** There is no answer, unless the outcome has been claimed. */
  public void unanswered(GatewayFailure failure) {
    if (claim()) {
      end.unanswered(failure.status(), new HeaderFields(), failure);
    }
  }

  /** The client has left. */
  public void clientGone(String message) {
    abort(gone(message));
  }

  /** Ends it, wherever it is: the running attempt is aborted, and no other is made. */
  public void abort(GatewayFailure failure) {
    aborted = failure;
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

  private static GatewayFailure late(@Nullable GatewayFailure aborted) {
    return aborted == null ? gone("the answer came too late") : aborted;
  }

  private static GatewayFailure gone(String message) {
    return new GatewayFailure(GatewayFailure.Kind.CLIENT_GONE, message);
  }

  /** Whether it was ended before its time. */
  public boolean isAborted() {
    return aborted != null;
  }
}
