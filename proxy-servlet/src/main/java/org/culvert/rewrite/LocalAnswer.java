package org.culvert.rewrite;

import java.util.Set;
import org.culvert.http.HeaderFields;
import org.culvert.http.MediaTypes;
import org.culvert.http.Octets;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * An answer that needs neither file nor backend, without the fields of {@code add_header}.
 *
 * @param status what goes out
 * @param fields Location and Content-Type, where it has them
 * @param text the body's bytes, possibly none; not sent to HEAD, though its length is
 * @param page the status whose page nginx makes is the body; 0 where it is the text
 */
public record LocalAnswer(int status, HeaderFields fields, byte[] text, int page) {
  private static final byte[] NONE = {};

  /** With these {@code ngx_http_finalize_request} ends the connection. */
  private static final Set<Integer> CLOSING = Set.of(408, 444, 499);

  /** What {@code return} leads to. */
  public sealed interface Outcome {
    /** This answer. */
    record Answered(LocalAnswer answer) implements Outcome {}

    /** A status that {@code error_page} may have a page for. */
    record Status(int status) implements Outcome {}

    /**
     * {@code return 444}, 408 and 499 without a text: the connection is closed without a word.
     *
     * @param status for the log
     */
    record Closed(int status) implements Outcome {}
  }

  /**
   * Evaluates {@code return} (nginx, {@code ngx_http_send_response}).
   *
   * @param types what the type of a text follows from, with the request's path
   */
  public static Outcome of(Return directive, MediaTypes types, Scope scope) {
    int status = directive.status();
    if (directive.text() == null && isClosing(status)) {
      return new Outcome.Closed(status);
    }
    String text = directive.text() == null ? "" : directive.text().evaluate(scope);
    RequestFacts facts = scope.get(RequestFacts.class);
    if (Redirects.isRedirect(status)) {
      return new Outcome.Answered(redirect(status, text));
    }
    // A text that turns out to be empty is an answer too.
    if (directive.text() == null && status >= 400) {
      return new Outcome.Status(status);
    }
    HeaderFields fields = new HeaderFields();
    String type = facts.mediaType(types);
    if (!type.isEmpty() && status != 204) {
      fields.add("Content-Type", type);
    }
    return new Outcome.Answered(new LocalAnswer(status, fields, Octets.bytes(text), 0));
  }

  /** Whether a status of the configuration's is no answer but closes the connection. */
  public static boolean isClosing(int status) {
    return CLOSING.contains(status);
  }

  /** A redirect with nginx's body. */
  public static LocalAnswer redirect(int status, String location) {
    LocalAnswer answer = ofStatus(status, null);
    answer.fields.add("Location", location);
    return answer;
  }

  /**
   * nginx's own page for a status, or an empty body where it has none.
   *
   * @param failed fields that belong to it, {@code WWW-Authenticate} for instance, or null
   */
  public static LocalAnswer ofStatus(int status, @Nullable HeaderFields failed) {
    HeaderFields fields = failed == null ? new HeaderFields() : new HeaderFields(failed);
    if (StatusPages.body(status, ServerTokens.ON) == null) {
      return new LocalAnswer(StatusPages.sent(status), fields, NONE, 0);
    }
    fields.set("Content-Type", "text/html");
    return new LocalAnswer(StatusPages.sent(status), fields, NONE, status);
  }

  /** The body's bytes; a page is signed. */
  public byte[] body(ServerTokens tokens) {
    String made = page == 0 ? null : StatusPages.body(page, tokens);
    return made == null ? text : Octets.bytes(made);
  }
}
