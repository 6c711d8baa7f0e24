package org.culvert.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;

/** A client's body that may not be longer than {@code client_max_body_size}. */
final class LimitedBody implements RequestBody {
  private final RequestBody body;
  private final long limit;
  private long count;

  LimitedBody(RequestBody body, long limit) {
    this.body = body;
    this.limit = limit;
  }

  @Override
  public long length() {
    return body.length();
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    int read = body.read(into);
    if (read > 0) {
      count += read;
      if (count > limit) {
        GatewayFailure tooLarge =
            new GatewayFailure(
                GatewayFailure.Kind.BODY_TOO_LARGE,
                "client intended to send too large chunked body: more than " + limit + " bytes");
        throw new IOException(tooLarge.getMessage(), tooLarge);
      }
    }
    return read;
  }

  @Override
  public void demand(Runnable ready) {
    body.demand(ready);
  }

  @Override
  public HeaderFields trailers() {
    return body.trailers();
  }
}
