package org.culvert.rewrite;

import java.util.List;
import org.culvert.http.RequestTarget;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/** Chooses and evaluates {@code error_page}. */
public final class ErrorPages {
  /** Where an error page sends the request. */
  public sealed interface Outcome {
    /**
     * An internal redirect: the locations are searched anew, with {@link RequestFacts#becomeGet}.
     *
     * @param target the page
     * @param status the status to answer with, 0 for the one that the page gives
     */
    record Internal(RequestTarget target, int status) implements Outcome {}

    /**
     * A named location; the URI and the method stay.
     *
     * @param name with "@"
     * @param status the status to answer with, 0 for the one that the location gives
     */
    record Named(String name, int status) implements Outcome {}

    /** A redirect of the client. */
    record Redirect(LocalAnswer answer) implements Outcome {}
  }

  private ErrorPages() {}

  /**
   * The page for a status, or null. One request gets one error page: the status of a page that
   * fails has no page itself ({@code recursive_error_pages off}).
   */
  public static @Nullable ErrorPage choose(List<ErrorPage> pages, int status) {
    for (ErrorPage page : pages) {
      if (page.codes().contains(status)) {
        return page;
      }
    }
    return null;
  }

  /** Evaluates the chosen page for a status (nginx, {@code ngx_http_send_error_page}). */
  public static Outcome evaluate(ErrorPage page, int status, Scope scope) {
    int answered = page.response() < 0 ? StatusPages.sent(status) : page.response();
    String uri = page.uri().evaluate(scope);
    if (uri.startsWith("/")) {
      return new Outcome.Internal(RequestTarget.internal(uri), answered);
    }
    if (uri.startsWith("@")) {
      return new Outcome.Named(uri, answered);
    }
    int redirect = Redirects.isRedirect(page.response()) ? page.response() : 302;
    return new Outcome.Redirect(LocalAnswer.redirect(redirect, uri));
  }
}
