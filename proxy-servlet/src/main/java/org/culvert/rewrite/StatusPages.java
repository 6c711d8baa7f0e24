package org.culvert.rewrite;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The bodies that nginx makes for statuses that nobody has a page for ({@code
 * ngx_http_special_response.c}), with nginx's own words, some of which differ from RFC 9110's.
 */
public final class StatusPages {
  private static final Map<Integer, String> TITLES =
      Map.ofEntries(
          Map.entry(301, "301 Moved Permanently"),
          Map.entry(302, "302 Found"),
          Map.entry(303, "303 See Other"),
          Map.entry(307, "307 Temporary Redirect"),
          Map.entry(308, "308 Permanent Redirect"),
          Map.entry(400, "400 Bad Request"),
          Map.entry(401, "401 Authorization Required"),
          Map.entry(402, "402 Payment Required"),
          Map.entry(403, "403 Forbidden"),
          Map.entry(404, "404 Not Found"),
          Map.entry(405, "405 Not Allowed"),
          Map.entry(406, "406 Not Acceptable"),
          Map.entry(408, "408 Request Time-out"),
          Map.entry(409, "409 Conflict"),
          Map.entry(410, "410 Gone"),
          Map.entry(411, "411 Length Required"),
          Map.entry(412, "412 Precondition Failed"),
          Map.entry(413, "413 Request Entity Too Large"),
          Map.entry(414, "414 Request-URI Too Large"),
          Map.entry(415, "415 Unsupported Media Type"),
          Map.entry(416, "416 Requested Range Not Satisfiable"),
          Map.entry(421, "421 Misdirected Request"),
          Map.entry(429, "429 Too Many Requests"),
          Map.entry(500, "500 Internal Server Error"),
          Map.entry(501, "501 Not Implemented"),
          Map.entry(502, "502 Bad Gateway"),
          Map.entry(503, "503 Service Temporarily Unavailable"),
          Map.entry(504, "504 Gateway Time-out"),
          Map.entry(505, "505 HTTP Version Not Supported"),
          Map.entry(507, "507 Insufficient Storage"));

  /** nginx's own statuses: all answered with 400, with a line that says more. */
  private static final Map<Integer, String> BAD_REQUESTS =
      Map.of(
          494, "Request Header Or Cookie Too Large",
          495, "The SSL certificate error",
          496, "No required SSL certificate was sent",
          497, "The plain HTTP request was sent to HTTPS port");

  private StatusPages() {}

  /** The status that goes out: 400 for nginx's own 494 to 497, 404 for 498. */
  public static int sent(int status) {
    if (status == 498) {
      return 404;
    }
    return BAD_REQUESTS.containsKey(status) ? 400 : status;
  }

  /** The page, of type text/html, or null for a status that nginx has no text for. */
  public static @Nullable String body(int status, ServerTokens tokens) {
    String more = BAD_REQUESTS.get(status);
    if (more != null) {
      return page("400 " + more, "400 Bad Request", "<center>" + more + "</center>\r\n", tokens);
    }
    String title = TITLES.get(status == 498 ? 404 : status);
    return title == null ? null : page(title, title, "", tokens);
  }

  /** nginx's reason phrase for a status, or "" where it has none. */
  public static String reason(int status) {
    return Reasons.PHRASES.getOrDefault(status, "");
  }

  private static String page(String title, String heading, String more, ServerTokens tokens) {
    return "<html>\r\n<head><title>"
        + title
        + "</title></head>\r\n<body>\r\n<center><h1>"
        + heading
        + "</h1></center>\r\n"
        + more
        + "<hr><center>"
        + tokens.signature()
        + "</center>\r\n</body>\r\n</html>\r\n";
  }

  /** The status line's words ({@code ngx_http_header_filter_module.c}). */
  private static final class Reasons {
    private static final Map<Integer, String> PHRASES =
        Map.ofEntries(
            Map.entry(200, "OK"),
            Map.entry(201, "Created"),
            Map.entry(202, "Accepted"),
            Map.entry(204, "No Content"),
            Map.entry(206, "Partial Content"),
            Map.entry(301, "Moved Permanently"),
            Map.entry(302, "Moved Temporarily"),
            Map.entry(303, "See Other"),
            Map.entry(304, "Not Modified"),
            Map.entry(307, "Temporary Redirect"),
            Map.entry(308, "Permanent Redirect"),
            Map.entry(400, "Bad Request"),
            Map.entry(401, "Unauthorized"),
            Map.entry(402, "Payment Required"),
            Map.entry(403, "Forbidden"),
            Map.entry(404, "Not Found"),
            Map.entry(405, "Not Allowed"),
            Map.entry(406, "Not Acceptable"),
            Map.entry(408, "Request Time-out"),
            Map.entry(409, "Conflict"),
            Map.entry(410, "Gone"),
            Map.entry(411, "Length Required"),
            Map.entry(412, "Precondition Failed"),
            Map.entry(413, "Request Entity Too Large"),
            Map.entry(414, "Request-URI Too Large"),
            Map.entry(415, "Unsupported Media Type"),
            Map.entry(416, "Requested Range Not Satisfiable"),
            Map.entry(421, "Misdirected Request"),
            Map.entry(429, "Too Many Requests"),
            Map.entry(500, "Internal Server Error"),
            Map.entry(501, "Not Implemented"),
            Map.entry(502, "Bad Gateway"),
            Map.entry(503, "Service Temporarily Unavailable"),
            Map.entry(504, "Gateway Time-out"),
            Map.entry(505, "HTTP Version Not Supported"),
            Map.entry(507, "Insufficient Storage"));

    private Reasons() {}
  }
}
