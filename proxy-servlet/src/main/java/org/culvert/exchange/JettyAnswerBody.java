package org.culvert.exchange;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.culvert.http.HeaderFields;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** The body of an answer that Jetty's client receives. Also carries refused handshakes' bodies. */
public final class JettyAnswerBody implements AnswerBody {
  /** Hears what happens to the body; for time limits and counts. */
  public interface Watch {
    /** Somebody waits for the upstream. */
    void waiting();

    /** Something came, the end perhaps. */
    void arrived(int bytes, boolean last);
  }

  private final Response response;
  private final Content.Source source;
  private final Watch watch;
  private final Consumer<Throwable> cancel;

  /**
   * The body of a response.
   *
   * @param source as {@code Response.ContentSourceListener} gave it
   * @param cancel ends the exchange: aborts the request
   */
  public JettyAnswerBody(
      Response response, Content.Source source, Watch watch, Consumer<Throwable> cancel) {
    this.response = response;
    this.source = source;
    this.watch = watch;
    this.cancel = cancel;
  }

  private record ChunkPiece(Content.Chunk chunk) implements Piece {
    @Override
    public ByteBuffer bytes() {
      return chunk.getByteBuffer();
    }

    @Override
    public boolean isLast() {
      return chunk.isLast();
    }

    @Override
    public @Nullable Throwable failure() {
      return Content.Chunk.isFailure(chunk) ? chunk.getFailure() : null;
    }

    @Override
    public void release() {
      chunk.release();
    }
  }

  @Override
  public @Nullable Piece read() {
    Content.Chunk chunk = source.read();
    if (chunk == null) {
      return null;
    }
    watch.arrived(chunk.remaining(), chunk.isLast());
    if (Content.Chunk.isFailure(chunk, false)) {
      // A warning of Jetty's, such as a time-out it would go on from. Here every limit is final.
      source.fail(chunk.getFailure());
      return new ChunkPiece(Content.Chunk.from(chunk.getFailure(), true));
    }
    return new ChunkPiece(chunk);
  }

  @Override
  public void demand(Runnable ready) {
    watch.waiting();
    source.demand(ready);
  }

  @Override
  public void cancel(Throwable cause) {
    cancel.accept(cause);
  }

  @Override
  public HeaderFields trailers() {
    return fields(response.getTrailers());
  }

  /** Jetty's fields as ours. */
  public static HeaderFields fields(@Nullable HttpFields from) {
    HeaderFields fields = new HeaderFields();
    if (from != null) {
      for (HttpField field : from) {
        String value = field.getValue();
        fields.add(field.getName(), value == null ? "" : value);
      }
    }
    return fields;
  }
}
