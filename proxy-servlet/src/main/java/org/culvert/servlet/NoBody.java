package org.culvert.servlet;

import java.nio.ByteBuffer;
import org.culvert.exchange.RequestBody;
import org.culvert.http.HeaderFields;

/** The body of a request that has none, or none for whom it is handed to. */
enum NoBody implements RequestBody {
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
