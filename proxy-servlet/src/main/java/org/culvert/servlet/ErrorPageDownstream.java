package org.culvert.servlet;

import java.nio.ByteBuffer;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.RequestBody;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.culvert.rewrite.StatusPages;

/**
 * The client's leg while an {@code error_page} answers: whatever status the page gives, the client
 * sees the error's (nginx's {@code err_status}); and where the page is fetched with GET, the
 * request has no body any more.
 */
final class ErrorPageDownstream implements Downstream {
  private final Downstream client;
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
    this.client = client;
    this.status = status;
    this.bodiless = bodiless;
    this.kept = kept;
  }

  @Override
  public RequestBody body() {
    return bodiless ? NoBody.INSTANCE : client.body();
  }

  @Override
  public void interim(ResponseHead head) {
    client.interim(head);
  }

  @Override
  public void head(ResponseHead head) {
    HeaderFields fields = head.fields();
    if (kept.size() > 0) {
      fields = new HeaderFields(fields).addAll(kept.toList());
    }
    client.head(
        status == 0
            ? new ResponseHead(head.status(), head.reason(), fields)
            : new ResponseHead(status, StatusPages.reason(status), fields));
  }

  @Override
  public void trailers(HeaderFields trailers) {
    client.trailers(trailers);
  }

  @Override
  public void write(ByteBuffer piece, boolean flush, Completion done) {
    client.write(piece, flush, done);
  }

  @Override
  public void endBody(Completion done) {
    client.endBody(done);
  }

  @Override
  public boolean mayWait() {
    return client.mayWait();
  }

  @Override
  public void complete() {
    client.complete();
  }

  @Override
  public void abort(Throwable cause) {
    client.abort(cause);
  }

  @Override
  public boolean isCommitted() {
    return client.isCommitted();
  }

  @Override
  public void onClientGone(Runnable gone) {
    client.onClientGone(gone);
  }

  /** A body that is not there. */
  private enum NoBody implements RequestBody {
    INSTANCE;

    @Override
    public long length() {
      return 0;
    }

    @Override
    public int read(ByteBuffer into) {
      return -1;
    }

    @Override
    public void demand(Runnable ready) {
      ready.run();
    }

    @Override
    public HeaderFields trailers() {
      return new HeaderFields();
    }
  }
}
