package org.culvert.rewrite;

import java.util.List;
import org.culvert.http.RequestTarget;
import org.culvert.variable.Assignment;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * One run through the steps of a server or a location (nginx, {@code ngx_http_rewrite_handler}):
 * what it did to the request is in the scope, what comes next is here.
 */
public final class RewriteRun {
  /** Of a level without steps. */
  private static final RewriteRun NOTHING = new RewriteRun(new Scope());

  private final Scope scope;
  private int branch = -1;
  private boolean uriChanged;
  private @Nullable Return returned;
  private @Nullable LocalAnswer redirect;
  private boolean emptyUri;

  private RewriteRun(Scope scope) {
    this.scope = scope;
  }

  /** Runs the steps. */
  public static RewriteRun of(List<RewriteStep> steps, Scope scope) {
    if (steps.isEmpty()) {
      return NOTHING;
    }
    RewriteRun run = new RewriteRun(scope);
    run.run(steps);
    return run;
  }

  /** Which {@code if} of the location was the last that held, -1 for none. */
  public int branch() {
    return branch;
  }

  /** Whether a location is to be searched anew, where no answer was made. */
  public boolean uriChanged() {
    return uriChanged;
  }

  /** {@code return}, or null. */
  public @Nullable Return returned() {
    return returned;
  }

  /** The redirect that {@code rewrite} makes, or null. */
  public @Nullable LocalAnswer redirect() {
    return redirect;
  }

  /** Whether a rule made the URI empty, which nginx answers with 500. */
  public boolean emptyUri() {
    return emptyUri;
  }

  /** Whether the request goes no further. */
  public boolean isAnswered() {
    return returned != null || redirect != null || emptyUri;
  }

  /** Returns false when no other step is to run. */
  private boolean run(List<RewriteStep> steps) {
    for (RewriteStep step : steps) {
      if (!run(step)) {
        return false;
      }
    }
    return true;
  }

  private boolean run(RewriteStep step) {
    if (step instanceof SetVariable set) {
      assign(set);
    } else if (step instanceof RewriteRule rule) {
      return !rule.matches(scope) || rewrite(rule);
    } else if (step instanceof RewriteStep.If test) {
      return !test.condition().holds(scope) || enter(test);
    } else if (step instanceof Return directive) {
      returned = directive;
      return false;
    } else if (step instanceof RewriteStep.Break) {
      uriChanged = false;
      return false;
    }
    return true;
  }

  private boolean enter(RewriteStep.If test) {
    branch = test.branch();
    return run(test.steps());
  }

  private void assign(SetVariable set) {
    Assignment.assign(set.slot(), set.value().evaluate(scope), scope);
  }

  private boolean rewrite(RewriteRule rule) {
    RequestFacts facts = scope.get(RequestFacts.class);
    if (rule.end().status() != 0) {
      redirect = LocalAnswer.redirect(rule.end().status(), rule.location(scope));
      return false;
    }
    RequestTarget target = rule.target(scope);
    if (target == null) {
      emptyUri = true;
      return false;
    }
    boolean stays = rule.end() == RewriteRule.End.BREAK;
    facts.rewrite(target, stays);
    uriChanged = !stays;
    return rule.end() == RewriteRule.End.NEXT;
  }
}
