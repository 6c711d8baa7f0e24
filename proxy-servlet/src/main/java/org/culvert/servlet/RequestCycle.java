package org.culvert.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import org.culvert.content.StaticContent;
import org.culvert.content.StaticOutcome;
import org.culvert.directive.LocationSettings;
import org.culvert.directive.ServerSettings;
import org.culvert.exchange.BufferedBody;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.Exchange;
import org.culvert.exchange.ExchangeEnd;
import org.culvert.exchange.LocationRules;
import org.culvert.exchange.ProxySettings;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestTarget;
import org.culvert.http.ResponseHead;
import org.culvert.location.LocationMatch;
import org.culvert.observe.ResponseRecord;
import org.culvert.rewrite.AddHeaders;
import org.culvert.rewrite.Assignments;
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
 * One request from its server to its answer: server's {@code set} and {@code return}, location,
 * location's {@code set} and {@code return}, then content: a backend by HTTP, a backend by
 * WebSocket, or a file. A failure goes through {@code error_page}, which may begin the search of a
 * location anew. Calls come one after the other, from any thread.
 */
final class RequestCycle implements ExchangeEnd {
  /** As nginx's: then it answers 500 ("rewrite or internal redirection cycle"). */
  private static final int MOST_REDIRECTS = 10;

  private final ProxyRuntime runtime;
  private final @Nullable Upgrades upgrades;
  private final RequestFacts facts;
  private final ServerSettings server;
  private final Scope scope = new Scope();
  private final ResponseRecord record = new ResponseRecord();
  private final ServletCall call;
  private final AtomicBoolean ended = new AtomicBoolean();
  private LocationSettings location;
  private final Downstream client;
  private Downstream downstream;
  private volatile @Nullable Consumer<GatewayFailure> abort;
  private volatile @Nullable GatewayFailure cutOff;
  private int refusedWith;
  private @Nullable GatewayFailure refusal;
  private boolean inErrorPage;

  /** The status that {@code error_page} gives to its page's answer; 0 for the page's own. */
  private int pageStatus;

  private int redirects;

  RequestCycle(
      ProxyRuntime runtime,
      @Nullable Upgrades upgrades,
      HttpServletRequest request,
      HttpServletResponse response,
      RequestFacts facts,
      LocationMatch<ServerSettings> server) {
    this.runtime = runtime;
    this.upgrades = upgrades;
    this.facts = facts;
    this.server = server.found();
    this.location = this.server.fallback();
    this.call = new ServletCall(request, response);
    this.client = call.downstream(record, runtime.upstreams().timers());
    this.downstream = client;
    facts.serverName(this.server.name());
    scope.put(RequestFacts.class, facts).put(ResponseRecord.class, record);
    captured(server.captures(), this.server.captureNames(facts.requestHost()));
  }

  private void captured(@Nullable MatchResult captures, Map<Integer, Integer> names) {
    if (captures != null) {
      scope.captured(captures);
      names.forEach((group, slot) -> scope.slot(slot, scope.capture(group)));
    }
  }

  /** This request is refused before anything of it is evaluated. */
  RequestCycle refusing(int status, GatewayFailure failure) {
    refusedWith = status;
    refusal = failure;
    return this;
  }

  /**
   * Runs it; returns at once, or where the request cannot be asynchronous when it has ended.
   *
   * @throws IOException to have the container cut the answer short
   */
  void run() throws IOException {
    runtime.begun(this);
    guarded(this::begin);
    call.await();
  }

  private void begin() {
    if (cutOff != null) {
      return;
    }
    if (refusal != null) {
      fail(refusedWith, new HeaderFields(), refusal);
      return;
    }
    Assignments.run(server.sets(), scope);
    if (server.returns() != null) {
      answer(server.returns());
    } else {
      findLocation();
    }
  }

  private void findLocation() {
    LocationMatch<LocationSettings> match = server.locations().find(facts.target().path());
    if (match == null) {
      enter(server.fallback());
      return;
    }
    captured(match.captures(), match.found().captureNames());
    if (match.slashTo() != null) {
      location = match.found();
      answer(LocalAnswer.redirect(301, Redirects.toPath(match.slashTo(), facts)));
    } else {
      enter(match.found());
    }
  }

  private void enter(LocationSettings chosen) {
    location = chosen;
    call.sendTimeout(chosen.sendTimeout());
    Assignments.run(chosen.sets(), scope);
    if (chosen.returns() != null) {
      answer(chosen.returns());
    } else if (chosen.handler() instanceof LocationSettings.Handler.Proxy proxy) {
      forward(proxy.settings());
    } else if (chosen.handler() instanceof LocationSettings.Handler.Static files) {
      serve(StaticContent.answer(files.settings(), scope, pageStatus));
    } else {
      fail(404, new HeaderFields(), null);
    }
  }

  private void serve(StaticOutcome outcome) {
    if (outcome instanceof StaticOutcome.Answered file) {
      HeaderFields fields = new HeaderFields(file.head().fields());
      addHeaders(file.head().status(), fields);
      downstream.head(new ResponseHead(file.head().status(), file.head().reason(), fields));
      if (file.body() == null) {
        downstream.complete();
        end();
      } else {
        FilePump.send(downstream, file.body(), this::end);
      }
    } else if (outcome instanceof StaticOutcome.Index index) {
      redirect(index.target());
    } else if (outcome instanceof StaticOutcome.Slash slash) {
      answer(LocalAnswer.redirect(301, Redirects.toPath(slash.path(), facts)));
    } else if (outcome instanceof StaticOutcome.Status none) {
      fail(none.status(), none.fields(), null);
    }
  }

  private void forward(ProxySettings settings) {
    Offer offer = Offer.of(facts.head(), settings, scope);
    if (offer instanceof Offer.Refused refused) {
      fail(
          refused.status(),
          refused.fields(),
          new GatewayFailure(GatewayFailure.Kind.BAD_REQUEST, refused.reason()));
      return;
    }
    UpgradeCycle upgrade =
        offer instanceof Offer.Wanted wanted && upgrades != null
            ? upgrades.cycle(this, call, settings.webSocket(), wanted)
            : null;
    if (upgrade != null) {
      abort = upgrade::abort;
      upgrade.start(runtime.upstreams(), downstream, settings, rules(), location.sendTimeout());
    } else {
      Exchange exchange =
          new Exchange(runtime.upstreams(), downstream, settings, rules(), scope, this);
      abort = exchange::abort;
      exchange.start();
    }
    abortIfCutOff();
  }

  private LocationRules rules() {
    return new LocationRules(
        location.maxBodySize(),
        status -> !inErrorPage && ErrorPages.choose(location.errorPages(), status) != null,
        head -> addHeaders(head.status(), head.fields()));
  }

  private void addHeaders(int status, HeaderFields fields) {
    int sent = pageStatus == 0 ? status : pageStatus;
    AddHeaders.apply(location.addHeaders(), sent, scope, fields);
  }

  private void answer(Return directive) {
    LocalAnswer.Outcome outcome = LocalAnswer.of(directive, location.types(), scope);
    if (outcome instanceof LocalAnswer.Outcome.Answered made) {
      answer(made.answer());
    } else if (outcome instanceof LocalAnswer.Outcome.Status status) {
      fail(status.status(), new HeaderFields(), null);
    } else {
      record.status(444);
      downstream.abort(new GatewayFailure(GatewayFailure.Kind.CLIENT_GONE, "return 444"));
      end();
    }
  }

  private void answer(LocalAnswer answer) {
    HeaderFields fields = new HeaderFields(answer.fields());
    addHeaders(answer.status(), fields);
    LocalBody.send(downstream, facts.head().method(), answer, fields, this::end);
  }

  @Override
  public void answered(@Nullable GatewayFailure failure) {
    if (failure != null) {
      GatewayFailure why = cutOff;
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

  /** Answers with a status: by the location's page for it, or nginx's own. */
  void fail(int status, HeaderFields fields, @Nullable GatewayFailure failure) {
    if (failure != null) {
      ErrorLines.log(failure, scope);
    }
    if (failure != null && failure.leavesNoAnswer()) {
      record.status(status);
      downstream.abort(failure);
      end();
      return;
    }
    ErrorPage page = inErrorPage ? null : ErrorPages.choose(location.errorPages(), status);
    if (page == null) {
      pageStatus = 0;
      downstream = client; // A page that fails itself is answered with its own status.
      answer(LocalAnswer.ofStatus(status, fields));
      return;
    }
    inErrorPage = true;
    ErrorPages.Outcome outcome = ErrorPages.evaluate(page, status, scope);
    if (outcome instanceof ErrorPages.Outcome.Redirect redirect) {
      answer(redirect.answer());
    } else if (outcome instanceof ErrorPages.Outcome.Internal internal) {
      pageStatus = internal.status();
      downstream = new ErrorPageDownstream(client, pageStatus, true);
      facts.becomeGet();
      redirect(internal.target());
    } else if (outcome instanceof ErrorPages.Outcome.Named named) {
      pageStatus = named.status();
      downstream = new ErrorPageDownstream(client, pageStatus, false);
      enterNamed(named.name());
    }
  }

  /** An internal redirect: the location is searched anew. */
  void redirect(RequestTarget target) {
    if (++redirects > MOST_REDIRECTS) {
      fail(
          500,
          new HeaderFields(),
          new GatewayFailure(
              GatewayFailure.Kind.INTERNAL,
              "rewrite or internal redirection cycle while internally redirecting to \""
                  + target.path()
                  + "\""));
      return;
    }
    facts.redirect(target);
    findLocation();
  }

  private void enterNamed(String name) {
    LocationSettings named = server.locations().named(name);
    if (named == null) {
      fail(
          500,
          new HeaderFields(),
          new GatewayFailure(
              GatewayFailure.Kind.INTERNAL, "could not find named location \"" + name + "\""));
    } else {
      enter(named);
    }
  }

  /** A defect of ours becomes a 500 and a line in the log, never a stack trace for the client. */
  private void guarded(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException defect) {
      ErrorLines.defect(defect, scope);
      if (downstream.isCommitted()) {
        downstream.abort(defect);
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

  /** The proxy ends: the client's connection is dropped, and what runs for it is aborted. */
  void cutOff(GatewayFailure why) {
    cutOff = why;
    client.abort(why);
    abortIfCutOff();
    end();
  }

  /** What has begun since is ended too. */
  void abortIfCutOff() {
    GatewayFailure why = cutOff;
    Consumer<GatewayFailure> running = abort;
    if (why != null && running != null) {
      running.accept(why);
    }
  }

  /** The request is over, answered or not: its line is written, once. */
  void end() {
    if (ended.compareAndSet(false, true)) {
      BufferedBody body = scope.find(BufferedBody.class);
      if (body != null) {
        body.close();
      }
      try {
        runtime.log(location, scope);
      } finally {
        runtime.ended(this);
      }
    }
  }
}
