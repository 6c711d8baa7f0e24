package org.culvert.servlet;

import java.util.List;
import org.culvert.content.StaticOutcome;
import org.culvert.directive.LocationSettings;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.LocationRules;
import org.culvert.exchange.PacedDownstream;
import org.culvert.exchange.ProxyRedirected;
import org.culvert.exchange.Timers;
import org.culvert.http.HeaderField;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.culvert.limit.RateLimits;
import org.culvert.observe.ResponseRecord;
import org.culvert.rewrite.AddHeaders;
import org.culvert.rewrite.ErrorPage;
import org.culvert.rewrite.ErrorPages;
import org.culvert.rewrite.LocalAnswer;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * How a request is answered: with what its location adds, and while an {@code error_page} answers
 * under the error's status. Calls come one after the other.
 */
final class ClientAnswer {
  private Downstream client;
  private final CodingDownstream coding;
  private final Scope scope;
  private final Timers timers;
  private LocationSettings location;
  private Downstream downstream;
  private final HeaderFields kept = new HeaderFields();
  private boolean inErrorPage;

  /** The status that {@code error_page} gives to its page's answer; 0 for the page's own. */
  private int pageStatus;

  /**
   * An answer that has not begun.
   *
   * @param client the client's leg
   * @param fallback whose rules hold before a location is found
   */
  ClientAnswer(Downstream client, LocationSettings fallback, Scope scope, Timers timers) {
    this.timers = timers;
    this.scope = scope;
    this.location = fallback;
    Downstream paced = new PaceableDownstream(client, this::paced);
    this.coding = new CodingDownstream(paced, scope, () -> location.gzip());
    this.client = coding;
    this.downstream = coding;
  }

  /** Whose rules hold. */
  LocationSettings location() {
    return location;
  }

  /** Another location's rules hold from now on. */
  void follow(LocationSettings chosen) {
    location = chosen;
  }

  /** There is nobody to answer to any more. */
  void leaveHttp() {
    client = GoneClient.GONE;
    downstream = client;
  }

  /** It is over: what it holds outside the heap is released. */
  void close() {
    coding.close();
  }

  /** Where it is to be written. */
  Downstream downstream() {
    RequestFacts facts = scope.get(RequestFacts.class);
    boolean chunks = !facts.isSubrequest() && !facts.head().protocol().startsWith("HTTP/1.0");
    return location.addTrailers().isEmpty() || !chunks
        ? downstream
        : new TrailingDownstream(downstream, location.addTrailers(), scope);
  }

  /** The status that the client sees whatever is answered; 0 for the answer's own. */
  int pageStatus() {
    return pageStatus;
  }

  /** The location's page for a status; null where it has none or that page fails itself. */
  @Nullable ErrorPage pageFor(int status) {
    return inErrorPage ? null : ErrorPages.choose(location.errorPages(), status);
  }

  /** Whatever fails from now on is an error's page itself, and may have none of its own. */
  void beginErrorPage() {
    inErrorPage = !location.recursiveErrorPages();
  }

  /** No error has a page from now on. */
  void forgetErrorPages() {
    inErrorPage = true;
  }

  /**
   * An error's page is fetched.
   *
   * @param status what the client sees; 0 for the page's own
   * @param bodiless whether the request's body is not for the page
   * @param kept fields of the error that its page has too
   */
  void fetchErrorPage(int status, boolean bodiless, HeaderFields kept) {
    pageStatus = status;
    downstream = new ErrorPageDownstream(client, status, bodiless, kept);
  }

  /** A page that fails itself is answered with its own status. */
  void leaveErrorPage() {
    pageStatus = 0;
    downstream = client;
  }

  /**
   * A backend has sent the request elsewhere: of its answer these fields are the client's.
   *
   * @param fields with Content-Type, which is that of a file or a text, and that of another backend
   *     where it names none
   */
  void keep(HeaderFields fields) {
    String type = fields.first("Content-Type");
    if (type != null) {
      scope.get(RequestFacts.class).giveMediaType(type);
    }
    fields.remove("Content-Type");
    kept.addAll(fields.toList());
  }

  /** What the location has to say of a backend's answer. */
  LocationRules rules() {
    return new LocationRules(
        location.maxBodySize(), status -> pageFor(status) != null, this::addHeaders);
  }

  /** {@code limit_rate}; a subrequest's answer goes to nobody. */
  private Downstream paced(Downstream leg) {
    RateLimits limits = location.limits().rate();
    long rate = limits.rate(scope);
    if (rate == 0 || scope.get(RequestFacts.class).isSubrequest()) {
      return leg;
    }
    ResponseRecord record = scope.get(ResponseRecord.class);
    return new PacedDownstream(
        leg, timers, rate, limits.after(scope), record.startMillis(), record.startNanos());
  }

  private void addHeaders(ResponseHead head) {
    ProxyRedirected made = scope.find(ProxyRedirected.class);
    if (made != null && made.location().equals(head.fields().first("Location"))) {
      RequestFacts facts = scope.get(RequestFacts.class);
      head.fields().set("Location", location.redirects().location(made.location(), facts));
    }
    String type = scope.get(RequestFacts.class).mediaType();
    if (type != null && head.status() != 304 && !head.fields().contains("Content-Type")) {
      head.fields().add("Content-Type", type);
    }
    addHeaders(head.status(), head.fields());
  }

  private void addHeaders(int status, HeaderFields fields) {
    if (scope.get(RequestFacts.class).isSubrequest()) {
      return;
    }
    int sent = pageStatus == 0 ? status : pageStatus;
    scope.get(ResponseRecord.class).status(sent); // For "$status", of which a value may be made.
    if (kept.size() > 0) {
      List<HeaderField> own = fields.toList();
      fields.removeIf(field -> true);
      fields.addAll(kept.toList()).addAll(own);
    }
    location.expires().apply(sent, scope, fields);
    AddHeaders.apply(location.addHeaders(), sent, scope, fields);
  }

  /** Sends an answer of the proxy's own; {@code end} is told once, when it is over. */
  void send(LocalAnswer answer, Runnable end) {
    HeaderFields fields = new HeaderFields(answer.fields());
    String target = fields.first("Location");
    if (target != null) {
      fields.set("Location", location.redirects().location(target, scope.get(RequestFacts.class)));
    }
    addHeaders(answer.status(), fields);
    String method = scope.get(RequestFacts.class).head().method();
    byte[] body = answer.body(location.client().tokens());
    LocalBody.send(downstream(), method, answer, body, fields, end);
  }

  /** Sends a file; {@code end} is told once, when it is over. */
  void send(StaticOutcome.Answered file, Runnable end) {
    HeaderFields fields = new HeaderFields(file.head().fields());
    addHeaders(file.head().status(), fields);
    Downstream to = downstream();
    to.head(new ResponseHead(file.head().status(), file.head().reason(), fields));
    if (file.body() == null) {
      to.complete();
      end.run();
    } else {
      FilePump.send(to, file.body(), end);
    }
  }
}
