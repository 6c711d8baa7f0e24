package org.culvert.servlet;

import java.nio.ByteBuffer;
import java.util.List;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.RequestBody;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.culvert.rewrite.AddHeader;
import org.culvert.rewrite.AddHeaders;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;

/**
 * The client's leg where {@code add_trailer} has something to say behind the body: the body goes
 * without its length then, in chunks. The values are evaluated when it is over.
 */
final class TrailingDownstream implements Downstream {
  private final Downstream client;
  private final List<AddHeader> trailers;
  private final Scope scope;
  private HeaderFields backends = new HeaderFields();

  /** The answer's where there are trailers for it, else 0. */
  private int status;

  TrailingDownstream(Downstream client, List<AddHeader> trailers, Scope scope) {
    this.client = client;
    this.trailers = trailers;
    this.scope = scope;
  }

  @Override
  public void head(ResponseHead head) {
    boolean trailing = hasBody(head.status()) && AddHeaders.areFor(trailers, head.status());
    status = trailing ? head.status() : 0;
    if (trailing) {
      HeaderFields fields = new HeaderFields(head.fields());
      fields.remove("Content-Length");
      client.head(new ResponseHead(head.status(), head.reason(), fields));
    } else {
      client.head(head);
    }
  }

  private boolean hasBody(int answered) {
    String method = scope.get(RequestFacts.class).head().method();
    return answered >= 200 && answered != 204 && answered != 304 && !method.equals("HEAD");
  }

  @Override
  public void trailers(HeaderFields fields) {
    backends = fields;
    client.trailers(fields);
  }

  @Override
  public void complete() {
    if (status != 0) {
      HeaderFields all = new HeaderFields(backends);
      AddHeaders.add(trailers, status, scope, all);
      client.trailers(all);
    }
    client.complete();
  }

  @Override
  public RequestBody body() {
    return client.body();
  }

  @Override
  public void interim(ResponseHead head) {
    client.interim(head);
  }

  @Override
  public void write(ByteBuffer piece, boolean flush, Completion done) {
    client.write(piece, flush, done);
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

  @Override
  public boolean mayWait() {
    return client.mayWait();
  }
}
