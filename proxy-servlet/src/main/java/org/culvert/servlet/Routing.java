package org.culvert.servlet;

import java.util.function.Consumer;
import org.culvert.access.AccessPolicy;
import org.culvert.access.AccessVerdict;
import org.culvert.access.AuthRequest;
import org.culvert.content.TryFiles;
import org.culvert.directive.LocationSettings;
import org.culvert.directive.ServerSettings;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestTarget;
import org.culvert.limit.Limits;
import org.culvert.location.LocationMatch;
import org.culvert.rewrite.LocalAnswer;
import org.culvert.rewrite.Redirects;
import org.culvert.rewrite.Return;
import org.culvert.rewrite.RewriteRun;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * The way of one request to who answers it, in the order of nginx's phases: the server's rewriting,
 * the location, the location's rewriting, how much, who may, {@code try_files}. An internal
 * redirect begins it anew. Calls come one after the other, from any thread.
 */
final class Routing {
  /** As nginx's: then it answers 500 ("rewrite or internal redirection cycle"). */
  private static final int MOST_REDIRECTS = 10;

  /** What comes of it. */
  interface Outcome {
    /** {@code return}. */
    void answer(Return directive);

    /** A redirect. */
    void answer(LocalAnswer made);

    /** An error, whose page may begin the way anew. */
    void fail(int status, HeaderFields fields, @Nullable GatewayFailure failure);

    /** That location answers. */
    void handle(LocationSettings chosen);

    /** That location's rules hold from now on. */
    void entered(LocationSettings chosen);

    /**
     * Makes the subrequest of {@code auth_request}.
     *
     * @param then told what it says, once, unless the client has left or is to
     */
    void ask(AuthRequest question, Consumer<AccessVerdict> then);

    /** Asks limits, of which there is one at least; the step runs if and when they let it. */
    void limit(Limits limits, Runnable step);

    /** Runs a step that may wait for a disk. */
    void mayWait(Runnable step);
  }

  private final ServerSettings server;
  private final RequestFacts facts;
  private final Scope scope;
  private final ClientAnswer answer;
  private final Outcome outcome;
  private int redirects;

  Routing(
      LocationMatch<ServerSettings> match,
      RequestFacts facts,
      Scope scope,
      ClientAnswer answer,
      Outcome outcome) {
    this.server = match.found();
    this.facts = facts;
    this.scope = scope;
    this.answer = answer;
    this.outcome = outcome;
    if (match.captures() != null) {
      scope.captured(match.captures(), server.captureNames(facts.requestHost()));
    }
  }

  /** Sets out. */
  void begin() {
    server.fallback().realIp().apply(facts);
    enterServer();
  }

  /** The server's rewriting, which comes again with each internal redirect. */
  private void enterServer() {
    follow(server.fallback());
    RewriteRun run = RewriteRun.of(server.steps(), scope);
    if (!answered(run)) {
      findLocation();
    }
  }

  private void follow(LocationSettings chosen) {
    answer.follow(chosen);
    chosen.describe(scope);
  }

  /** Whether the rewriting has made an answer. */
  private boolean answered(RewriteRun run) {
    Return returned = run.returned();
    LocalAnswer redirect = run.redirect();
    if (returned != null) {
      outcome.answer(returned);
    } else if (redirect != null) {
      outcome.answer(redirect);
    } else if (run.emptyUri()) {
      failInternally("the rewritten URI has a zero length");
    } else {
      return false;
    }
    return true;
  }

  private void findLocation() {
    LocationMatch<LocationSettings> match = server.locations().find(facts.target().path());
    if (match == null) {
      enter(server.fallback());
      return;
    }
    if (match.captures() != null) {
      scope.captured(match.captures(), match.found().captureNames());
    }
    if (match.found().internal() && !facts.isInternal()) {
      follow(match.found());
      outcome.fail(404, new HeaderFields(), null);
    } else if (match.slashTo() != null) {
      follow(match.found());
      outcome.answer(LocalAnswer.redirect(301, Redirects.toPath(match.slashTo(), facts)));
    } else {
      enter(match.found());
    }
  }

  private void enter(LocationSettings location) {
    LocationSettings chosen = location.forMethod(facts.head().method());
    follow(chosen);
    RewriteRun run = RewriteRun.of(chosen.steps(), scope);
    if (run.branch() >= 0) {
      follow(chosen.after(run));
    }
    outcome.entered(answer.location());
    if (answered(run)) {
      return;
    }
    if (!run.uriChanged()) {
      pass(answer.location());
    } else if (!isCycle("processing", facts.target().path())) {
      findLocation();
    }
  }

  /** The location stays: how much, who may, and who answers. */
  private void pass(LocationSettings chosen) {
    if (!facts.isSubrequest()) {
      chosen.realIp().apply(facts);
    }
    if (chosen.limits().admitAll()) {
      admit(chosen);
    } else {
      outcome.limit(chosen.limits(), () -> admit(chosen));
    }
  }

  /** Who may; a subrequest is not asked. */
  private void admit(LocationSettings chosen) {
    if (facts.isSubrequest()) {
      checkFiles(chosen);
    } else if (chosen.access().mayWait()) {
      outcome.mayWait(() -> checkAccess(chosen));
    } else {
      checkAccess(chosen);
    }
  }

  private void checkAccess(LocationSettings chosen) {
    AccessPolicy access = chosen.access();
    AccessVerdict verdict = access.verdict(scope);
    AuthRequest request = access.request();
    if (request != null && access.asks(verdict)) {
      outcome.ask(request, asked -> decide(access.with(verdict, asked), chosen));
    } else {
      decide(verdict, chosen);
    }
  }

  private void decide(AccessVerdict verdict, LocationSettings chosen) {
    if (verdict.isRefusal()) {
      outcome.fail(verdict.status(), verdict.fields(), verdict.reason());
    } else {
      checkFiles(chosen);
    }
  }

  private void checkFiles(LocationSettings chosen) {
    TryFiles tryFiles = chosen.tryFiles();
    if (tryFiles != null) {
      outcome.mayWait(() -> tryFiles(tryFiles, chosen));
    } else {
      outcome.handle(chosen);
    }
  }

  private void tryFiles(TryFiles tryFiles, LocationSettings chosen) {
    TryFiles.Outcome found = tryFiles.run(chosen.files(), scope);
    if (found instanceof TryFiles.Outcome.Status status) {
      outcome.fail(status.status(), new HeaderFields(), null);
    } else if (found instanceof TryFiles.Outcome.Redirect redirect) {
      if (redirect.uri().startsWith("@")) {
        enterNamed(redirect.uri());
      } else {
        redirect(RequestTarget.internal(redirect.uri()));
      }
    } else {
      outcome.handle(chosen);
    }
  }

  /** An internal redirect: the location is searched anew. */
  void redirect(RequestTarget target) {
    if (isCycle("internally redirecting to", target.path())) {
      return;
    }
    facts.redirect(target);
    enterServer();
  }

  /** Counts a change of the URI or the location; the eleventh is answered with 500. */
  private boolean isCycle(String what, String where) {
    if (++redirects <= MOST_REDIRECTS) {
      return false;
    }
    answer.forgetErrorPages();
    failInternally("rewrite or internal redirection cycle while " + what + " \"" + where + "\"");
    return true;
  }

  /** A named location. */
  void enterNamed(String name) {
    if (isCycle("redirect to named location", name)) {
      return;
    }
    LocationSettings named = server.locations().named(name);
    if (named == null) {
      failInternally("could not find named location \"" + name + "\"");
    } else {
      enter(named);
    }
  }

  private void failInternally(String why) {
    outcome.fail(500, new HeaderFields(), new GatewayFailure(GatewayFailure.Kind.INTERNAL, why));
  }
}
