package org.culvert.exchange;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.culvert.exchange.AnswerBody.Piece;
import org.culvert.exchange.ProxySettings.ResponseRules;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.culvert.observe.Errno;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * Carries an answer's body to the client: serverToProxy and proxyToClient of one exchange. Reads
 * ahead of the client by {@code bufferSize} bytes where {@code proxy_buffering} is on, by one piece
 * where it is off; never holds more. No thread waits: each side's callback runs the loop, which one
 * thread at a time is in.
 */
public final class AnswerPipe {
  private static final Piece NOTHING =
      new Piece() {
        @Override
        public ByteBuffer bytes() {
          return ByteBuffer.allocate(0);
        }

        @Override
        public boolean isLast() {
          return false;
        }

        @Override
        public @Nullable Throwable failure() {
          return null;
        }

        @Override
        public void release() {}
      };

  private final AnswerBody body;
  private final Downstream downstream;
  private final boolean buffering;
  private final int bufferSize;
  private final Consumer<@Nullable GatewayFailure> ended;

  private final AtomicInteger signals = new AtomicInteger();
  private final Queue<Piece> ahead = new ArrayDeque<>();
  private final AtomicInteger aheadBytes = new AtomicInteger();
  private boolean begun;

  /** The client's side may be holding bytes back for more to come. */
  private boolean unflushed;

  private boolean complete;
  private boolean over;
  private @Nullable Throwable upstreamFailure;
  private volatile boolean waiting;
  private volatile boolean writing;
  private volatile @Nullable Throwable downstreamFailure;

  /**
   * A pipe that has not begun; the downstream has its head.
   *
   * @param buffering {@code proxy_buffering}
   * @param bufferSize bytes read ahead at most
   * @param ended told once: null when the answer is complete, else what cut it short; the
   *     downstream is complete or aborted then
   */
  public AnswerPipe(
      AnswerBody body,
      Downstream downstream,
      boolean buffering,
      int bufferSize,
      Consumer<@Nullable GatewayFailure> ended) {
    this.body = body;
    this.downstream = downstream;
    this.buffering = buffering;
    this.bufferSize = bufferSize;
    this.ended = ended;
  }

  /**
   * Applies the response rules and sends an answer: what becomes of an exchange's answer and of a
   * refused handshake's alike. Whether it is intercepted was asked before ({@link
   * ForwardedResponse#intercepted}).
   */
  public static void answer(
      ResponseHead answer,
      AnswerBody body,
      Downstream downstream,
      ResponseRules rules,
      LocationRules location,
      Scope scope,
      Consumer<@Nullable GatewayFailure> ended) {
    ResponseHead forwarded = ForwardedResponse.of(answer, rules, scope);
    ForwardedRange range =
        ForwardedRange.of(answer, rules.ranges(), scope.get(RequestFacts.class).head());
    forwarded = range.head(forwarded);
    location.addHeaders().accept(forwarded);
    Downstream paced = location.paced().apply(downstream);
    paced.head(forwarded);
    boolean buffering = buffering(answer, rules);
    AnswerBody sent = new ForwardedBody(body, range.start(), range.end(), rules.passTrailers());
    new AnswerPipe(sent, paced, buffering, rules.bufferSize(), ended).start();
  }

  private static boolean buffering(ResponseHead answer, ResponseRules rules) {
    String said = answer.fields().first("X-Accel-Buffering");
    if (said == null || rules.ignore().contains("x-accel-buffering")) {
      return rules.buffering();
    }
    return said.equalsIgnoreCase("yes") || (rules.buffering() && !said.equalsIgnoreCase("no"));
  }

  /** Begins. */
  public void start() {
    signal();
  }

  /** Something happened on one side: run the loop, or have the thread that is in it go round. */
  private void signal() {
    if (signals.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      guardedStep();
      seen = signals.addAndGet(-seen);
    } while (seen != 0);
  }

  /** A defect must not stop the pipe half-way: nobody would end the exchange. */
  private void guardedStep() {
    try {
      step();
    } catch (RuntimeException e) {
      if (over) {
        throw e;
      }
      clientGone(new GatewayFailure(GatewayFailure.Kind.INTERNAL, "cannot answer: " + e, e));
    }
  }

  private void step() {
    if (over) {
      return;
    }
    Throwable gone = downstreamFailure;
    if (gone != null) {
      clientGone(gone);
      return;
    }
    readAhead();
    if (writing) {
      return;
    }
    Piece piece = ahead.poll();
    if (piece != null) {
      write(piece);
    } else if (complete) {
      finish();
    } else if (!begun || (unflushed && waiting)) {
      write(NOTHING); // The body is long in coming: send what is here, or the head.
    }
  }

  private void readAhead() {
    while (!complete && !waiting && mayRead()) {
      Piece piece = body.read();
      if (piece == null) {
        waiting = true;
        body.demand(
            () -> {
              waiting = false;
              signal();
            });
        continue;
      }
      upstreamFailure = piece.failure();
      complete = piece.isLast();
      int length = piece.bytes().remaining();
      if (length == 0) {
        piece.release();
      } else {
        aheadBytes.addAndGet(length);
        ahead.add(piece);
      }
    }
  }

  private boolean mayRead() {
    return buffering ? aheadBytes.get() < bufferSize : ahead.isEmpty() && !writing;
  }

  private void write(Piece piece) {
    begun = true;
    ByteBuffer bytes = piece.bytes();
    int length = bytes.remaining();
    // What the upstream has not said yet may be long in coming: do not keep back what is here.
    boolean flush =
        upstreamFailure != null || (!complete && (!buffering || (waiting && ahead.isEmpty())));
    unflushed = !flush && (unflushed || length > 0);
    writing = true;
    downstream.write(
        bytes,
        flush,
        new Completion() {
          @Override
          public void succeeded() {
            written(piece, length, null);
          }

          @Override
          public void failed(Throwable cause) {
            written(piece, length, cause);
          }
        });
  }

  private void written(Piece piece, int length, @Nullable Throwable failure) {
    // Where it was not the container that said so, it may still be writing from the buffer, which
    // must not be used for another's answer then: it is left to the garbage collector.
    boolean inUse = failure instanceof GatewayFailure;
    if (!inUse) {
      piece.release();
    }
    downstreamFailure = failure;
    aheadBytes.addAndGet(-length);
    writing = false;
    signal();
  }

  private void finish() {
    over = true;
    Throwable failure = upstreamFailure;
    if (failure == null) {
      HeaderFields trailers = body.trailers();
      if (trailers.size() > 0) {
        downstream.trailers(trailers);
      }
      downstream.endBody(
          new Completion() {
            @Override
            public void succeeded() {
              downstream.complete();
              ended.accept(null);
            }

            @Override
            public void failed(Throwable cause) {
              notTaken(cause);
            }
          });
    } else {
      downstream.abort(failure);
      ended.accept(
          failure instanceof GatewayFailure known
              ? known
              : new GatewayFailure(
                  GatewayFailure.Kind.BROKEN,
                  failure instanceof IOException io
                          && !(failure instanceof ClosedChannelException)
                          && !(failure instanceof EOFException)
                      ? "recv() failed " + Errno.of(io) + " while reading upstream"
                      : "upstream prematurely closed connection while reading upstream",
                  failure));
    }
  }

  private void clientGone(Throwable cause) {
    over = true;
    ahead.forEach(Piece::release);
    ahead.clear();
    try {
      body.cancel(cause);
    } finally {
      notTaken(cause);
    }
  }

  private void notTaken(Throwable cause) {
    try {
      downstream.abort(cause);
    } finally {
      ended.accept(
          cause instanceof GatewayFailure known
              ? known
              : new GatewayFailure(
                  GatewayFailure.Kind.CLIENT_GONE, "client closed connection: " + cause, cause));
    }
  }
}
