package org.culvert.rewrite;

import org.culvert.http.RequestTarget;
import org.culvert.http.UriEscaping;
import org.culvert.variable.CapturingRegex;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/**
 * {@code rewrite regex replacement [flag]} (nginx, {@code ngx_http_rewrite}).
 *
 * @param regex matched against {@code $uri}
 * @param path the replacement, up to its first "?" where that begins arguments; of a redirect all
 * @param args the arguments of the replacement, null where it has none
 * @param keepsArgs whether the request's own arguments are appended; a final "?" drops them
 * @param end what comes after a match
 */
public record RewriteRule(
    CapturingRegex regex, Template path, @Nullable Template args, boolean keepsArgs, End end)
    implements RewriteStep {

  /** What a rule that matched has done with the request. */
  public enum End {
    /** No flag: the next step runs; a location is searched anew after the last one. */
    NEXT(0),
    /** No other step runs, and a location is searched anew. */
    LAST(0),
    /** No other step runs, and the location stays. */
    BREAK(0),
    /** 302. */
    REDIRECT(302),
    /** 301. */
    PERMANENT(301);

    private final int status;

    End(int status) {
      this.status = status;
    }

    /** The redirect's status, 0 where it is none. */
    public int status() {
      return status;
    }
  }

  /** Matches the request's path; the groups are {@code $1} to {@code $9} from then on. */
  boolean matches(Scope scope) {
    return regex.findOrForget(scope.get(RequestFacts.class).target().path(), scope);
  }

  /** The target after a match; null where the new path is empty, nginx's 500. */
  @Nullable RequestTarget target(Scope scope) {
    String newPath = path.evaluate(scope);
    String own = args == null ? null : args.evaluate(scope);
    return newPath.isEmpty() ? null : RequestTarget.internal(newPath, query(own, scope));
  }

  private @Nullable String query(@Nullable String own, Scope scope) {
    String kept = keptArgs(scope);
    if (kept.isEmpty()) {
      return own;
    }
    return own == null ? kept : own + "&" + kept;
  }

  /** The request's own arguments, where they are appended; else "". */
  private String keptArgs(Scope scope) {
    String sent = keepsArgs ? scope.get(RequestFacts.class).target().query() : null;
    return sent == null ? "" : sent;
  }

  /** The Location after a match, its escapes of printable characters undone as nginx does. */
  String location(Scope scope) {
    String kept = keptArgs(scope);
    String location = UriEscaping.unescapedRedirect(path.evaluate(scope));
    return kept.isEmpty()
        ? location
        : location + (path.source().indexOf('?') < 0 ? "?" : "&") + kept;
  }
}
