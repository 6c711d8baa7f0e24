package org.culvert.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.culvert.http.HeaderField;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.culvert.observe.ResponseRecord;
import org.jspecify.annotations.Nullable;

/** The head and the trailers of one answer, put into the container's response once. */
final class ServletHead {
  private final HttpServletRequest request;
  private final HttpServletResponse response;
  private final ResponseRecord record;
  private final boolean connect;
  private volatile @Nullable ResponseHead head;
  private volatile boolean applied;
  private volatile Map<String, String> trailers = Map.of();

  ServletHead(HttpServletRequest request, HttpServletResponse response, ResponseRecord record) {
    this.request = request;
    this.response = response;
    this.record = record;
    this.connect = "CONNECT".equals(request.getMethod());
  }

  /**
   * Sets the head. A 2xx to an extended CONNECT would tell the client that its WebSocket is open
   * (RFC 8441, section 5); the one that is is answered by the container, so any other is a 502.
   */
  void set(ResponseHead newHead) {
    boolean opens = connect && newHead.status() / 100 == 2;
    head = opens ? new ResponseHead(502, "Bad Gateway", newHead.fields()) : newHead;
  }

  void trailers(HeaderFields fields) {
    Map<String, String> map = new LinkedHashMap<>();
    for (HeaderField field : fields) {
      map.merge(field.name(), field.value(), (a, b) -> a + ", " + b);
    }
    trailers = map;
  }

  /** Puts the head into the response; the first time only. */
  void apply() {
    ResponseHead now = head;
    if (applied || now == null || response.isCommitted()) {
      return;
    }
    applied = true;
    record.head(now.status(), now.fields());
    response.setStatus(now.status());
    for (HeaderField field : now.fields()) {
      response.addHeader(field.name(), field.value());
    }
    keepContentType(now.fields());
    if (!now.fields().contains("Content-Length")
        && !request.getProtocol().equals("HTTP/1.0")
        && now.status() >= 200
        && now.status() != 204
        && now.status() != 304) {
      response.setTrailerFields(() -> trailers);
    }
  }

  /**
   * Takes away a charset that the answer's type does not have: Jetty adds one to text types that
   * name none, and every container adds that which a filter of the application set.
   */
  private void keepContentType(HeaderFields fields) {
    String type = fields.first("Content-Type");
    String made = response.getContentType();
    if (type != null && made != null && !namesCharset(type) && namesCharset(made)) {
      response.setCharacterEncoding(null);
    }
  }

  private static boolean namesCharset(String type) {
    return type.toLowerCase(Locale.ROOT).contains("charset=");
  }

  /** Whether the answer's body has so many bytes, as the head says. */
  boolean isFor(int length) {
    ResponseHead now = head;
    return now != null && Integer.toString(length).equals(now.fields().first("Content-Length"));
  }

  /** Whether it is too late for another; so it is when the container has the response back. */
  boolean isCommitted() {
    try {
      return response.isCommitted();
    } catch (IllegalStateException recycled) {
      return true;
    }
  }
}
