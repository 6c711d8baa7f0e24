package org.culvert.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.IntConsumer;
import org.culvert.http.GatewayFailure;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * A request's body as Jetty's client wants it: clientToProxy turned into proxyToServer. Holds one
 * buffer; Jetty reads again only when that was written.
 */
final class JettyRequestContent implements Request.Content {
  private static final int PIECE = 16 * 1024;

  private final RequestBody body;
  private final Runnable idle;
  private final IntConsumer sending;
  private @Nullable ByteBuffer buffer;
  private Content.@Nullable Chunk ended;
  private volatile @Nullable Throwable failure;

  /**
   * A body.
   *
   * @param idle told that nothing is being written to the peer
   * @param sending told how many bytes are being written to the peer
   */
  JettyRequestContent(RequestBody body, Runnable idle, IntConsumer sending) {
    this.body = body;
    this.idle = idle;
    this.sending = sending;
  }

  @Override
  public long getLength() {
    return body.length();
  }

  /** Null: Jetty shall not add a Content-Type that the client did not send. */
  @Override
  @SuppressWarnings("NullAway")
  public @Nullable String getContentType() {
    return null;
  }

  @Override
  public Content.@Nullable Chunk read() {
    idle.run();
    Throwable failed = failure;
    if (failed != null) {
      return Content.Chunk.from(failed, true);
    }
    if (ended != null) {
      return ended;
    }
    ByteBuffer into = buffer;
    if (into == null) {
      long length = body.length();
      into = ByteBuffer.allocate(length > 0 && length < PIECE ? (int) length : PIECE);
      buffer = into;
    }
    into.clear();
    try {
      int read = body.read(into);
      if (read < 0) {
        ended = Content.Chunk.EOF;
        return ended;
      }
      if (read == 0) {
        return null;
      }
      sending.accept(read);
      return Content.Chunk.from(into.flip(), false);
    } catch (IOException e) {
      Throwable cause =
          e.getCause() instanceof GatewayFailure known
              ? known
              : new GatewayFailure(
                  GatewayFailure.Kind.CLIENT_GONE, "client prematurely closed: " + e, e);
      failure = cause;
      return Content.Chunk.from(cause, true);
    }
  }

  @Override
  public void demand(Runnable ready) {
    if (failure != null || ended != null) {
      ready.run();
    } else {
      body.demand(ready);
    }
  }

  @Override
  public void fail(Throwable cause) {
    failure = cause;
  }
}
