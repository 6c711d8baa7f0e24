package org.culvert.launcher;

import org.culvert.directive.ClientSettings;
import org.culvert.http.HeaderField;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.culvert.observe.ResponseRecord;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;

/**
 * The head and the trailers of one answer, put into the response of Jetty's core once. Of who
 * answers, one call after the other.
 */
final class CoreHead {
  private final Request request;
  private final ResponseRecord record;
  private @Nullable ResponseHead head;
  private HeaderFields trailers = new HeaderFields();
  private boolean applied;
  private long length = -1;
  private ClientSettings rules = ClientSettings.DEFAULT;
  private boolean ending;

  CoreHead(Request request, ResponseRecord record) {
    this.request = request;
    this.record = record;
  }

  /** Sets the head; without effect once it was applied. */
  void set(ResponseHead newHead) {
    if (!applied) {
      head = newHead;
      length = number(newHead.fields().first("Content-Length"));
    }
  }

  /** How the connection is treated from now on. */
  void follow(ClientSettings settings) {
    rules = settings;
  }

  /** How it is treated. */
  ClientSettings rules() {
    return rules;
  }

  /** The connection ends with this answer. */
  void endConnection() {
    ending = true;
  }

  void trailers(HeaderFields fields) {
    trailers = fields;
  }

  /** How long the head says that the body is; -1 where it does not. */
  long length() {
    return length;
  }

  private static long number(@Nullable String text) {
    try {
      return text == null ? -1 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      return -1; // Of an add_header, for instance: then Jetty has its word.
    }
  }

  /**
   * Puts the head into the response; the first time only.
   *
   * @param whole whether all of the answer goes with it
   * @param body the request's, which may not be read to its end
   * @param http1 the connection, or null where it is not the request's alone
   */
  void apply(
      Response response, boolean whole, CoreRequestBody body, @Nullable Http1Connection http1) {
    ResponseHead now = head;
    if (applied || now == null) {
      return;
    }
    applied = true;
    record.head(now.status(), now.fields());
    response.setStatus(now.status());
    HttpFields.Mutable fields = response.getHeaders();
    if (!now.fields().contains("Server")) {
      fields.put(HttpHeader.SERVER, rules.tokens().signature());
    }
    for (HeaderField field : now.fields()) {
      fields.add(field.name(), field.value());
    }
    if (mayHaveTrailers(now.status(), whole)) {
      response.setTrailersSupplier(this::trailerFields);
    }
    boolean endless = !mayChunk() && !whole && length < 0;
    boolean rest = (whole && !body.leave()) || endless;
    if (http1 != null) {
      if (rest || !mayStay(http1)) {
        fields.put(HttpHeader.CONNECTION, "close");
      }
      boolean http10 = request.getConnectionMetaData().getHttpVersion() != HttpVersion.HTTP_1_1;
      http1.answer(now.reason(), rules.keepaliveHeader(), http10);
    }
  }

  private boolean mayChunk() {
    return rules.chunks()
        && request.getConnectionMetaData().getHttpVersion() != HttpVersion.HTTP_1_0;
  }

  private boolean mayStay(Http1Connection http1) {
    String userAgent = request.getHeaders().get(HttpHeader.USER_AGENT);
    return !ending
        && rules.mayStay(
            HttpMethod.POST.is(request.getMethod()),
            userAgent == null ? "" : userAgent,
            http1.getMessagesIn(),
            System.currentTimeMillis() - http1.getCreatedTimeStamp());
  }

  /** A body that is whole and has none is sent with its length, which costs a write less. */
  private boolean mayHaveTrailers(int status, boolean whole) {
    boolean known = whole && trailers.size() == 0 && !HttpMethod.HEAD.is(request.getMethod());
    return length < 0 && !known && mayChunk() && status != 204 && status != 304;
  }

  private HttpFields trailerFields() {
    HttpFields.Mutable fields = HttpFields.build();
    for (HeaderField field : trailers) {
      fields.add(field.name(), field.value());
    }
    return fields;
  }
}
