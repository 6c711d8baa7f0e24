package org.culvert.servlet;

import org.culvert.exchange.Downstream;
import org.culvert.exchange.ForwardingDownstream;
import org.culvert.exchange.RequestBody;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.culvert.rewrite.StatusPages;

/**
 * The client's leg while an {@code error_page} answers: whatever status the page gives, the client
 * sees the error's (nginx's {@code err_status}); and where the page is fetched with GET, the
 * request has no body any more.
 */
final class ErrorPageDownstream extends ForwardingDownstream {
  private final int status;
  private final boolean bodiless;
  private final HeaderFields kept;

  /**
   * A leg for a page.
   *
   * @param status what the client sees; 0 for the page's own
   * @param bodiless whether the request's body is not for the page
   * @param kept fields of the error, {@code WWW-Authenticate} for instance, which its page has too
   */
  ErrorPageDownstream(Downstream client, int status, boolean bodiless, HeaderFields kept) {
    super(client);
    this.status = status;
    this.bodiless = bodiless;
    this.kept = kept;
  }

  @Override
  public RequestBody body() {
    return bodiless ? NoBody.INSTANCE : super.body();
  }

  @Override
  public void head(ResponseHead head) {
    HeaderFields fields = head.fields();
    if (kept.size() > 0) {
      fields = new HeaderFields(fields).addAll(kept.toList());
    }
    super.head(
        status == 0
            ? new ResponseHead(head.status(), head.reason(), fields)
            : new ResponseHead(status, StatusPages.reason(status), fields));
  }
}
