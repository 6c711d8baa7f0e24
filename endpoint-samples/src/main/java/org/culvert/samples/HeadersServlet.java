package org.culvert.samples;

import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code GET /headers}: the request as the backend saw it and the response headers that it set, as
 * JSON. The page compares the latter with what reached the browser.
 */
@WebServlet("/headers")
public final class HeadersServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  /** Called by the container. */
  public HeadersServlet() {}

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setContentType("application/json");
    response.setCharacterEncoding("UTF-8");
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Sample", "headers");
    Map<String, List<String>> received = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String name : Collections.list(request.getHeaderNames())) {
      received.put(name, Collections.list(request.getHeaders(name)));
    }
    Map<String, List<String>> set = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String name : response.getHeaderNames()) {
      set.put(name, List.copyOf(response.getHeaders(name)));
    }
    String query = request.getQueryString();
    response
        .getWriter()
        .write(
            Json.text(
                Json.object(
                    "method",
                    request.getMethod(),
                    "uri",
                    request.getRequestURI() + (query == null ? "" : "?" + query),
                    "protocol",
                    request.getProtocol(),
                    "peer",
                    request.getRemoteAddr(),
                    "request",
                    received,
                    "response",
                    set)));
  }
}
