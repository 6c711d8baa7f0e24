package org.culvert.launcher;

import org.culvert.http.HeaderFields;
import org.culvert.servlet.ProxyServlet;
import org.culvert.servlet.RefusedRequest;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * The front of what Jetty refuses before it is a request: the proxy answers it, by its server's
 * {@code error_page} or with nginx's page, and the connection ends with that.
 */
final class RefusedFront implements Request.Handler {
  private final ProxyServlet proxy;
  private final RequestsUnderWay requests;
  private final ErrorPages pages = new ErrorPages();

  RefusedFront(ProxyServlet proxy, RequestsUnderWay requests) {
    this.proxy = proxy;
    this.requests = requests;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    Http1Connection http1 = Http1Connection.of(request);
    if (http1 == null || http1.hasReached() || http1.hasEndedUnanswered()) {
      return pages.handle(request, response, callback);
    }
    RefusedRequest.Answer answer =
        new RefusedRequest.Answer(http1.refusalStatus(response.getStatus()), new HeaderFields(), 0);
    RefusedRequest refused =
        new RefusedRequest(http1.readSoFar(), CoreConnection.of(request), answer, http1.refusal());
    http1.begin();
    CoreRequestBody body = new CoreRequestBody(request);
    CoreCall call = new CoreCall(request, response, callback, body, http1, requests.idleMillis());
    return proxy.refuse(refused, call) || pages.handle(request, response, callback);
  }
}
