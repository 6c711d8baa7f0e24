package org.culvert.servlet;

import java.util.List;
import org.culvert.directive.LocationSettings;
import org.culvert.directive.ServerSettings;
import org.culvert.location.LocationMatch;
import org.culvert.observe.ResponseRecord;
import org.culvert.regex.RegexLimitException;
import org.culvert.rewrite.RewriteRun;
import org.culvert.rewrite.RewriteStep;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;

/**
 * Whether the configuration answers a request or leaves it to the application, in the JAR. The
 * rewriting is tried on a copy of the request, which nobody else sees: what ends in a {@code
 * return} or a redirect, in a location with a handler, or is rewritten is Culvert's.
 */
final class Claim {
  /** Where a rewriting that never ends is Culvert's too, to be answered with its 500. */
  private static final int MOST_ROUNDS = 12;

  private final ServerSettings server;
  private final RequestFacts facts;
  private final Scope scope = new Scope();

  private Claim(LocationMatch<ServerSettings> match, RequestFacts facts) {
    this.server = match.found();
    this.facts = facts;
    facts.serverName(server.name());
    scope.put(RequestFacts.class, facts).put(ResponseRecord.class, new ResponseRecord());
    if (match.captures() != null) {
      scope.captured(match.captures(), server.captureNames(facts.requestHost()));
    }
  }

  /**
   * Whether the request is Culvert's.
   *
   * @param path its normalised path, as this side or the container reads it
   */
  static boolean isMade(LocationMatch<ServerSettings> server, RequestFacts facts, String path) {
    RequestFacts trial = facts.trial();
    trial.found(path);
    try {
      return new Claim(server, trial).isMade();
    } catch (RegexLimitException undecided) {
      return true; // Then it is answered with 500, not by who may not have been asked.
    }
  }

  private boolean isMade() {
    server.fallback().realIp().apply(facts);
    if (rewrite(server.fallback(), server.steps()).isAnswered()) {
      return true;
    }
    for (int round = 0; round < MOST_ROUNDS; round++) {
      LocationMatch<LocationSettings> match = server.locations().find(facts.target().path());
      if (match != null && match.slashTo() != null) {
        return true;
      }
      LocationSettings location = match == null ? server.fallback() : match.found();
      if (match != null && match.captures() != null) {
        scope.captured(match.captures(), location.captureNames());
      }
      location = location.forMethod(facts.head().method());
      RewriteRun run = rewrite(location, location.steps());
      if (run.isAnswered()) {
        return true;
      }
      if (!run.uriChanged()) {
        return handles(location.after(run));
      }
    }
    return true;
  }

  private RewriteRun rewrite(LocationSettings settings, List<RewriteStep> steps) {
    settings.describe(scope);
    return RewriteRun.of(steps, scope);
  }

  private boolean handles(LocationSettings location) {
    return facts.isInternal()
        || location.tryFiles() != null
        || !(location.handler() instanceof LocationSettings.Handler.None);
  }
}
