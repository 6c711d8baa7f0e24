package org.culvert.servlet;

import java.util.function.Consumer;
import org.culvert.access.AccessVerdict;
import org.culvert.access.AuthRequest;
import org.culvert.content.StaticContent;
import org.culvert.content.StaticOutcome;
import org.culvert.content.StaticSettings;
import org.culvert.directive.LocationSettings;
import org.culvert.directive.ServerSettings;
import org.culvert.exchange.BufferedBody;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.Exchange;
import org.culvert.exchange.ExchangeEnd;
import org.culvert.exchange.ProxySettings;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestTarget;
import org.culvert.limit.Limits;
import org.culvert.location.LocationMatch;
import org.culvert.observe.ResponseRecord;
import org.culvert.regex.RegexLimitException;
import org.culvert.rewrite.ErrorPage;
import org.culvert.rewrite.ErrorPages;
import org.culvert.rewrite.LocalAnswer;
import org.culvert.rewrite.Redirects;
import org.culvert.rewrite.Return;
import org.culvert.upgrade.Offer;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * One request from its server to its answer: {@link Routing} finds the location, then content: a
 * backend by HTTP, a backend by WebSocket, or a file. A failure goes through {@code error_page},
 * which may begin the search of a location anew. Calls come one after the other, from any thread.
 */
final class RequestCycle implements ExchangeEnd, Routing.Outcome, Limiting.Limited {
  private final ProxyRuntime runtime;
  private final RequestFacts facts;
  private final ServerSettings server;
  private final Scope scope;
  private final ResponseRecord record = new ResponseRecord();
  private volatile ClientCall call;
  private volatile @Nullable UpgradeWay upgrades;
  private final RequestLife life = new RequestLife();
  private volatile Downstream client;
  private final @Nullable Limiting limiting;
  private final ClientAnswer answer;
  private int refusedWith;
  private @Nullable GatewayFailure refusal;
  private final Routing routing;
  private final Runnable atEnd;

  /** A client's request. */
  RequestCycle(
      ProxyRuntime runtime,
      @Nullable UpgradeWay upgrades,
      ClientCall call,
      RequestFacts facts,
      LocationMatch<ServerSettings> server) {
    this.runtime = runtime;
    this.server = server.found();
    this.upgrades = upgrades;
    this.facts = facts;
    this.scope = new Scope();
    this.call = call;
    Downstream leg = call.downstream(record, runtime.upstreams().timers());
    this.limiting =
        runtime.zones().isEmpty() ? null : new Limiting(this, runtime, leg, life, scope);
    this.client = limiting == null ? leg : limiting.counting();
    this.answer =
        new ClientAnswer(client, server.found().fallback(), scope, runtime.upstreams().timers());
    facts.serverName(server.found().name());
    scope.put(RequestFacts.class, facts).put(ResponseRecord.class, record);
    this.routing = new Routing(server, facts, scope, answer, this);
    this.atEnd = this::logAndRelease;
  }

  /** A subrequest of another's; {@code atEnd} is run once, when it has ended. */
  private RequestCycle(RequestCycle outer, Subrequest call, String uri, Runnable atEnd) {
    this.runtime = outer.runtime;
    this.server = outer.server;
    this.facts = outer.facts.subrequest(uri);
    this.scope = outer.scope.forSubrequest();
    this.call = call;
    this.client = call;
    this.limiting = outer.limiting == null ? null : outer.limiting.within(this, call, life, scope);
    this.answer = new ClientAnswer(client, server.fallback(), scope, runtime.upstreams().timers());
    scope.put(RequestFacts.class, facts).put(ResponseRecord.class, record);
    this.routing = new Routing(new LocationMatch<>(server, null), facts, scope, answer, this);
    this.atEnd = atEnd;
  }

  /** This request is refused before anything of it is evaluated. */
  RequestCycle refusing(int status, GatewayFailure failure) {
    refusedWith = status;
    refusal = failure;
    return this;
  }

  /** Runs it; returns at once. */
  void run() {
    runtime.begun(this);
    guarded(this::begin);
  }

  private void begin() {
    if (life.cutOff() != null) {
      return;
    }
    call.follow(answer.location().client());
    if (refusal != null) {
      call.endConnection();
      fail(refusedWith, new HeaderFields(), refusal);
      return;
    }
    routing.begin();
  }

  @Override
  public void entered(LocationSettings chosen) {
    call.sendTimeout(chosen.sendTimeout());
    call.follow(chosen.client());
  }

  @Override
  public void limit(Limits limits, Runnable step) {
    if (limiting != null) {
      limiting.ask(limits, step);
    }
  }

  @Override
  public void resume(Runnable step) {
    if (life.cutOff() == null) {
      guarded(step);
    }
  }

  @Override
  public void mayWait(Runnable step) {
    call.mayWait(() -> guarded(step));
  }

  @Override
  public void ask(AuthRequest question, Consumer<AccessVerdict> then) {
    Subrequest call = new Subrequest(client, this.call);
    RequestCycle inner =
        new RequestCycle(this, call, question.uri(), () -> guarded(() -> call.ended(this, then)));
    call.begin(question, inner);
    life.runs(inner::abort);
    inner.guarded(inner.routing::begin);
    abortIfCutOff();
  }

  /** Ends a subrequest; who waits for it is told all the same. */
  private void abort(GatewayFailure why) {
    life.cutOff(why);
    life.abortIfCutOff();
  }

  /** Whether it goes no further, whatever is done. */
  boolean isCutOff() {
    return life.cutOff() != null;
  }

  /** Ends it without an answer. */
  void abandon(int status, GatewayFailure why) {
    record.status(status);
    answer.downstream().abort(why);
    end();
  }

  @Override
  public void handle(LocationSettings chosen) {
    if (chosen.handler() instanceof LocationSettings.Handler.Proxy proxy) {
      forward(proxy.settings());
    } else if (chosen.handler() instanceof LocationSettings.Handler.Static) {
      mayWait(() -> serve(chosen.files()));
    } else {
      fail(404, new HeaderFields(), null);
    }
  }

  private void serve(StaticSettings files) {
    StaticOutcome outcome =
        StaticContent.answer(files, answer.location().gzip(), scope, answer.pageStatus());
    if (outcome instanceof StaticOutcome.Answered file) {
      answer.send(file, this::end);
    } else if (outcome instanceof StaticOutcome.Index index) {
      routing.redirect(index.target());
    } else if (outcome instanceof StaticOutcome.Slash slash) {
      answer(LocalAnswer.redirect(301, Redirects.toPath(slash.path(), facts)));
    } else if (outcome instanceof StaticOutcome.Status none) {
      String reason = none.reason();
      fail(
          none.status(),
          none.fields(),
          reason == null ? null : new GatewayFailure(GatewayFailure.Kind.INTERNAL, reason));
    }
  }

  private void forward(ProxySettings settings) {
    Offer offer =
        facts.isSubrequest() ? new Offer.NotWanted() : Offer.of(facts.head(), settings, scope);
    if (offer instanceof Offer.Refused refused) {
      fail(
          refused.status(),
          refused.fields(),
          new GatewayFailure(GatewayFailure.Kind.BAD_REQUEST, refused.reason()));
      return;
    }
    UpgradeWay way = upgrades;
    UpgradeCycle upgrade =
        offer instanceof Offer.Wanted wanted && way != null
            ? way.cycle(this, settings.webSocket(), wanted)
            : null;
    if (upgrade != null) {
      life.runs(upgrade::abort);
      upgrade.start(
          runtime.upstreams(),
          answer.downstream(),
          settings,
          answer.rules(),
          answer.location().sendTimeout());
    } else {
      Exchange exchange =
          new Exchange(
              runtime.upstreams(), answer.downstream(), settings, answer.rules(), scope, this);
      life.runs(exchange::abort);
      exchange.start();
    }
    abortIfCutOff();
  }

  @Override
  public void answer(Return directive) {
    LocalAnswer.Outcome outcome =
        LocalAnswer.of(directive, answer.location().files().types(), scope);
    if (outcome instanceof LocalAnswer.Outcome.Answered made) {
      answer(made.answer());
    } else if (outcome instanceof LocalAnswer.Outcome.Status status) {
      fail(status.status(), new HeaderFields(), null);
    } else if (outcome instanceof LocalAnswer.Outcome.Closed closed) {
      close(closed.status());
    }
  }

  /** The configuration has the connection closed. */
  private void close(int status) {
    if (status == 444) {
      record.status(444);
      client.drop();
      end();
    } else {
      abandon(status, new GatewayFailure(GatewayFailure.Kind.CLIENT_GONE, "return " + status));
    }
  }

  @Override
  public void answer(LocalAnswer made) {
    answer.send(made, this::end);
  }

  @Override
  public void answered(@Nullable GatewayFailure failure) {
    if (failure != null && !facts.isSubrequest()) {
      GatewayFailure why = life.cutOff();
      ErrorLines.log(why == null ? failure : why, scope);
      if (failure.kind() == GatewayFailure.Kind.CLIENT_GONE) {
        record.status(failure.status());
      }
    }
    end();
  }

  @Override
  public void unanswered(int status, HeaderFields fields, @Nullable GatewayFailure failure) {
    guarded(() -> fail(status, fields, failure));
  }

  @Override
  public void redirected(String uri, HeaderFields kept) {
    guarded(() -> redirect(uri, kept));
  }

  private void redirect(String uri, HeaderFields kept) {
    answer.keep(kept);
    if (uri.startsWith("@")) {
      routing.enterNamed(uri);
      return;
    }
    RequestTarget target = RequestTarget.unsafe(uri);
    if (target == null) {
      fail(
          404,
          new HeaderFields(),
          new GatewayFailure(
              GatewayFailure.Kind.INVALID_RESPONSE, "unsafe URI \"" + uri + "\" was detected"));
    } else {
      facts.becomeGet();
      routing.redirect(target);
    }
  }

  /** Answers with a status: by the location's page for it, or nginx's own. */
  @Override
  public void fail(int status, HeaderFields fields, @Nullable GatewayFailure failure) {
    if (failure != null) {
      ErrorLines.log(failure, scope);
    }
    if (failure != null && failure.leavesNoAnswer()) {
      abandon(status, failure);
      return;
    }
    if (failure == null && LocalAnswer.isClosing(status)) {
      close(status);
      return;
    }
    facts.giveMediaType(null);
    if (endsConnection(status)) {
      call.endConnection();
    }
    ErrorPage page = answer.pageFor(status);
    if (page == null) {
      answer.leaveErrorPage();
      answer(LocalAnswer.ofStatus(status, fields));
      return;
    }
    answer.beginErrorPage();
    ErrorPages.Outcome outcome = ErrorPages.evaluate(page, status, scope);
    if (outcome instanceof ErrorPages.Outcome.Redirect redirect) {
      answer(redirect.answer());
    } else if (outcome instanceof ErrorPages.Outcome.Internal internal) {
      answer.fetchErrorPage(internal.status(), true, fields);
      facts.becomeGet();
      routing.redirect(internal.target());
    } else if (outcome instanceof ErrorPages.Outcome.Named named) {
      answer.fetchErrorPage(named.status(), false, fields);
      routing.enterNamed(named.name());
    }
  }

  /** Those after which nginx does not go on ({@code ngx_http_special_response_handler}). */
  private static boolean endsConnection(int status) {
    return switch (status) {
      case 400, 413, 414, 495, 496, 497, 500, 501 -> true;
      default -> false;
    };
  }

  /** A defect of ours becomes a 500 and a line in the log, never a stack trace for the client. */
  private void guarded(Runnable step) {
    try {
      step.run();
    } catch (RegexLimitException undecided) {
      answer.forgetErrorPages();
      fail(
          500,
          new HeaderFields(),
          new GatewayFailure(GatewayFailure.Kind.INTERNAL, String.valueOf(undecided.getMessage())));
    } catch (RuntimeException defect) {
      ErrorLines.defect(defect, scope);
      if (answer.downstream().isCommitted()) {
        answer.downstream().abort(defect);
        end();
      } else {
        answer(LocalAnswer.ofStatus(500, null));
      }
    }
  }

  ResponseRecord record() {
    return record;
  }

  Scope scope() {
    return scope;
  }

  /** Its client's connection has left HTTP: what the container has of the request is not kept. */
  void leaveHttp() {
    call = GoneClient.GONE;
    client = GoneClient.GONE;
    upgrades = null;
    answer.leaveHttp();
  }

  /** The proxy ends: the client's connection is dropped, and what runs for it is aborted. */
  void cutOff(GatewayFailure why) {
    life.cutOff(why);
    client.abort(why);
    life.abortIfCutOff();
    end();
  }

  /** What has begun since is ended too. */
  void abortIfCutOff() {
    life.abortIfCutOff();
  }

  /** The request is over, answered or not: its line is written, once. */
  void end() {
    if (life.end()) {
      answer.close();
      atEnd.run();
    }
  }

  private void logAndRelease() {
    if (limiting != null) {
      limiting.end();
    }
    try {
      runtime.log(answer.location(), scope);
    } finally {
      BufferedBody body = scope.find(BufferedBody.class);
      if (body != null) {
        body.close();
      }
      runtime.ended(this);
    }
  }
}
