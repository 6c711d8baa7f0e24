package org.culvert.exchange;

import java.nio.ByteBuffer;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;

/** A client's leg that does something besides with what passes to another one. */
public abstract class ForwardingDownstream implements Downstream {
  private final Downstream client;

  /** One before that leg. */
  protected ForwardingDownstream(Downstream client) {
    this.client = client;
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
  public void head(ResponseHead head) {
    client.head(head);
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
  public void complete() {
    client.complete();
  }

  @Override
  public void abort(Throwable cause) {
    client.abort(cause);
  }

  @Override
  public void drop() {
    client.drop();
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
