package org.culvert.servlet;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.RequestBody;
import org.culvert.exchange.Timers;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.culvert.observe.ResponseRecord;

/**
 * The client's leg of a request whose connection has left HTTP: nothing can be answered there any
 * more. Stands in for the container's, which an open WebSocket would keep otherwise, with request,
 * response and all that these refer to.
 */
enum GoneClient implements ClientCall, Downstream {
  GONE;

  @Override
  public Downstream downstream(ResponseRecord record, Timers timers) {
    return this;
  }

  @Override
  public void sendTimeout(Duration limit) {
    // Nothing is sent.
  }

  @Override
  public void mayWait(Runnable step) {
    step.run();
  }

  @Override
  public RequestBody body() {
    throw new IllegalStateException("the client's connection has left HTTP");
  }

  @Override
  public void interim(ResponseHead head) {
    // There is no answer.
  }

  @Override
  public void head(ResponseHead head) {
    // There is no answer.
  }

  @Override
  public void trailers(HeaderFields trailers) {
    // There is no answer.
  }

  @Override
  public void write(ByteBuffer piece, boolean flush, Completion done) {
    done.failed(new IOException("the client's connection has left HTTP"));
  }

  @Override
  public void complete() {
    // It was, by the 101.
  }

  @Override
  public void abort(Throwable cause) {
    // Whoever has the connection now ends it.
  }

  @Override
  public boolean isCommitted() {
    return true;
  }

  @Override
  public void onClientGone(Runnable gone) {
    // Whoever has the connection now notices.
  }
}
