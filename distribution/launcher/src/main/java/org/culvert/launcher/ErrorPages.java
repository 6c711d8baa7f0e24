package org.culvert.launcher;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.culvert.rewrite.ServerTokens;
import org.culvert.rewrite.StatusPages;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * nginx's page for what Jetty refuses before the proxy sees it, a head that is no HTTP for
 * instance.
 */
final class ErrorPages implements Request.Handler {
  private static final HttpField HTML = new HttpField(HttpHeader.CONTENT_TYPE, "text/html");

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    int status = response.getStatus();
    if (status == HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431) {
      status = 494; // nginx's own, which goes out as 400.
      response.setStatus(StatusPages.sent(status));
    }
    String page = StatusPages.body(status, ServerTokens.ON);
    ByteBuffer body =
        page == null
            ? ByteBuffer.allocate(0)
            : ByteBuffer.wrap(page.getBytes(StandardCharsets.US_ASCII));
    if (page != null) {
      response.getHeaders().put(HTML);
    }
    response.getHeaders().put(HttpHeader.SERVER, ServerTokens.ON.signature());
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.remaining());
    response.write(true, body, callback);
    return true;
  }
}
