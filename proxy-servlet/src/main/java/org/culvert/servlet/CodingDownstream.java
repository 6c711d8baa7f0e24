package org.culvert.servlet;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import org.culvert.encoding.BodyCoder;
import org.culvert.encoding.GzipSettings;
import org.culvert.encoding.GzipSettings.Coding;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.ForwardingDownstream;
import org.culvert.http.GatewayFailure;
import org.culvert.http.RequestHead;
import org.culvert.http.ResponseHead;
import org.culvert.observe.ResponseRecord;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * The client's leg with {@code gzip} and {@code gunzip}: an answer's body is coded as it passes,
 * one buffer at a time, each written before the next is filled. What is to go at once does: the
 * coder is flushed with it. Without a coder everything passes as it is.
 */
final class CodingDownstream extends ForwardingDownstream implements AutoCloseable {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Downstream client;
  private final Scope scope;
  private final Supplier<GzipSettings> settings;
  private volatile @Nullable BodyCoder coder;
  private boolean wrote;
  private volatile boolean closed;

  /** Whether the coder may be keeping something back. */
  private boolean keeping;

  private ByteBuffer buffer = NOTHING;

  /**
   * A leg.
   *
   * @param settings those of the location that answers, asked with each head
   */
  CodingDownstream(Downstream client, Scope scope, Supplier<GzipSettings> settings) {
    super(client);
    this.client = client;
    this.scope = scope;
    this.settings = settings;
  }

  @Override
  public void head(ResponseHead head) {
    release();
    GzipSettings gzip = settings.get();
    RequestHead request = scope.get(RequestFacts.class).head();
    Coding coding = gzip.coding(request, head);
    client.head(gzip.head(head, coding, scope.find(GzipSettings.Twin.class)));
    if (coding != Coding.NONE && !request.method().equals("HEAD")) {
      buffer = ByteBuffer.allocate(gzip.bufferSize());
      coder = gzip.coder(coding);
      if (closed) {
        release(); // The request ended meanwhile.
      }
    }
  }

  @Override
  public void write(ByteBuffer piece, boolean flush, Completion done) {
    BodyCoder now = coder;
    if (now == null || (!piece.hasRemaining() && !keeping)) {
      client.write(piece, flush, done);
      return;
    }
    wrote = true;
    keeping = !flush;
    new Passing(now, flush ? BodyCoder.Then.FLUSH : BodyCoder.Then.MORE, done).begin(piece);
  }

  @Override
  public void endBody(Completion done) {
    BodyCoder now = coder;
    if (now == null) {
      client.endBody(done);
      return;
    }
    Completion over =
        new Completion() {
          @Override
          public void succeeded() {
            scope.get(ResponseRecord.class).compressed(now.taken(), now.given());
            release();
            done.succeeded();
          }

          @Override
          public void failed(Throwable cause) {
            release();
            done.failed(cause);
          }
        };
    new Passing(now, BodyCoder.Then.END, over).begin(NOTHING);
  }

  @Override
  public boolean isCommitted() {
    return wrote || client.isCommitted();
  }

  private void release() {
    BodyCoder old = coder;
    coder = null;
    if (old != null) {
      old.close();
    }
  }

  /** The request is over, however that came: nothing is coded any more. */
  @Override
  public void close() {
    closed = true;
    BodyCoder old = coder;
    if (old != null) {
      old.close();
    }
  }

  /** One piece on its way through the coder: a write to the client for each buffer it fills. */
  private final class Passing implements Completion {
    private final BodyCoder through;
    private final BodyCoder.Then then;
    private final Completion done;
    private boolean more = true;
    private boolean sent;

    /** Whether the loop is on the stack, so that a write that is done at once does not recurse. */
    private boolean looping;

    private boolean again;

    Passing(BodyCoder through, BodyCoder.Then then, Completion done) {
      this.through = through;
      this.then = then;
      this.done = done;
    }

    void begin(ByteBuffer piece) {
      through.take(piece, then);
      loop();
    }

    private void loop() {
      do {
        synchronized (this) {
          looping = true;
          again = false;
        }
        step();
      } while (goesOn());
    }

    private synchronized boolean goesOn() {
      looping = again;
      return again;
    }

    private void step() {
      if (sent) {
        sent = false;
        buffer.clear();
      }
      try {
        more = more && through.give(buffer);
      } catch (IOException e) {
        done.failed(
            closed
                ? e
                : new GatewayFailure(
                    GatewayFailure.Kind.BROKEN, String.valueOf(e.getMessage()), e));
        return;
      }
      if (buffer.position() == 0 || (!more && then == BodyCoder.Then.MORE)) {
        done.succeeded(); // What is in the buffer waits for what comes.
      } else {
        sent = true;
        // The last one too goes before the end: as nginx's the answer is chunked, however short.
        client.write(buffer.flip(), !more, this);
      }
    }

    @Override
    public void succeeded() {
      synchronized (this) {
        if (looping) {
          again = true;
          return;
        }
      }
      loop();
    }

    @Override
    public void failed(Throwable cause) {
      done.failed(cause);
    }
  }
}
