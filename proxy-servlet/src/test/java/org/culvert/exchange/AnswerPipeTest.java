package org.culvert.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the pipe holds, and how it ends. */
final class AnswerPipeTest {
  private static final int PIECE = 1000;

  /** An upstream that always has another piece, up to a number. */
  private static class Endless implements AnswerBody {
    final int pieces;
    final @Nullable Throwable end;
    int read;
    int held;
    int mostHeld;
    @Nullable Throwable cancelled;

    Endless(int pieces, @Nullable Throwable end) {
      this.pieces = pieces;
      this.end = end;
    }

    @Override
    public @Nullable Piece read() {
      boolean last = read++ == pieces;
      if (!last) {
        mostHeld = Math.max(mostHeld, ++held);
      }
      return new Piece() {
        @Override
        public ByteBuffer bytes() {
          return ByteBuffer.allocate(last ? 0 : PIECE);
        }

        @Override
        public boolean isLast() {
          return last;
        }

        @Override
        public @Nullable Throwable failure() {
          return last ? end : null;
        }

        @Override
        public void release() {
          held -= last ? 0 : 1;
        }
      };
    }

    @Override
    public void demand(Runnable ready) {
      throw new AssertionError("there is always something to read");
    }

    @Override
    public void cancel(Throwable cause) {
      cancelled = cause;
    }

    @Override
    public HeaderFields trailers() {
      return new HeaderFields();
    }
  }

  /** A client that takes a piece when it is told to. */
  private static class Stepwise implements Downstream {
    final List<Completion> writes = new ArrayList<>();
    int taken;
    boolean completed;
    @Nullable Throwable aborted;

    void take() {
      taken++;
      writes.remove(0).succeeded();
    }

    @Override
    public RequestBody body() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void interim(ResponseHead head) {}

    @Override
    public void head(ResponseHead head) {}

    @Override
    public void trailers(HeaderFields trailers) {}

    @Override
    public void write(ByteBuffer piece, boolean flush, Completion done) {
      assertThat(writes).as("one write in flight").isEmpty();
      writes.add(done);
    }

    @Override
    public void complete() {
      completed = true;
    }

    @Override
    public void abort(Throwable cause) {
      aborted = cause;
    }

    @Override
    public boolean isCommitted() {
      return taken > 0;
    }

    @Override
    public void onClientGone(Runnable gone) {}
  }

  private final List<@Nullable GatewayFailure> ends = new ArrayList<>();

  private void start(Endless body, Stepwise client, boolean buffering) {
    new AnswerPipe(body, client, buffering, 10 * PIECE, ends::add).start();
  }

  @Test
  void itReadsAheadByItsBufferAndNoFurther() {
    Endless body = new Endless(100_000, null);
    Stepwise client = new Stepwise();
    start(body, client, true);
    while (!client.completed) {
      client.take();
    }
    assertThat(client.taken).isEqualTo(100_000);
    assertThat(body.mostHeld).isEqualTo(10);
    assertThat(body.held).isZero();
    assertThat(ends).hasSize(1).containsOnlyNulls();
  }

  @Test
  void withoutBufferingItHoldsOnePiece() {
    Endless body = new Endless(1000, null);
    Stepwise client = new Stepwise();
    start(body, client, false);
    while (!client.completed) {
      client.take();
    }
    assertThat(body.mostHeld).isEqualTo(1);
    assertThat(body.held).isZero();
  }

  @Test
  void aCutAnswerIsAbortedAfterWhatCame() {
    Endless body = new Endless(3, new IOException("cut"));
    Stepwise client = new Stepwise();
    start(body, client, true);
    client.take();
    client.take();
    assertThat(client.aborted).isNull();
    client.take();
    assertThat(client.aborted).hasMessage("cut");
    assertThat(client.completed).isFalse();
    assertThat(ends).singleElement().matches(f -> f.kind() == GatewayFailure.Kind.BROKEN);
  }

  @Test
  void aClientThatLeavesEndsTheUpstreamAndGivesAllBack() {
    Endless body = new Endless(1000, null);
    Stepwise client = new Stepwise();
    start(body, client, true);
    client.take();
    client.writes.remove(0).failed(new IOException("gone"));
    assertThat(body.cancelled).hasMessage("gone");
    assertThat(body.held).isZero();
    assertThat(ends).singleElement().matches(f -> f.kind() == GatewayFailure.Kind.CLIENT_GONE);
  }

  @Test
  void aBufferThatAStalledWriteMayStillUseIsNotGivenBack() {
    Endless body = new Endless(1000, null);
    Stepwise client = new Stepwise();
    start(body, client, false);
    client
        .writes
        .remove(0)
        .failed(new GatewayFailure(GatewayFailure.Kind.CLIENT_TIMEOUT, "it took nothing"));
    assertThat(client.aborted).hasMessage("it took nothing");
    assertThat(body.held).isEqualTo(1);
    assertThat(ends).singleElement().matches(f -> f.kind() == GatewayFailure.Kind.CLIENT_TIMEOUT);
  }

  @Test
  void aDefectWhileAnsweringEndsBothSides() {
    Endless body = new Endless(1000, null);
    Stepwise client =
        new Stepwise() {
          @Override
          public void write(ByteBuffer piece, boolean flush, Completion done) {
            throw new IllegalStateException("recycled");
          }
        };
    start(body, client, true);
    assertThat(body.cancelled).hasMessageContaining("recycled");
    assertThat(client.aborted).hasMessageContaining("recycled");
    assertThat(ends).singleElement().matches(f -> f.kind() == GatewayFailure.Kind.INTERNAL);
  }

  /** One piece, and then nothing for long; who demands is told once that there might be more. */
  private static final class Pausing extends Endless {
    private boolean told;

    Pausing() {
      super(1, null);
    }

    @Override
    public @Nullable Piece read() {
      return read == 0 ? super.read() : null;
    }

    @Override
    public void demand(Runnable ready) {
      if (!told) {
        told = true;
        ready.run(); // A part of a chunk's head, for instance: no piece comes of it.
      }
    }
  }

  @Test
  void nothingIsHeldBackWhileTheUpstreamPauses() {
    List<Boolean> flushes = new ArrayList<>();
    Stepwise client =
        new Stepwise() {
          @Override
          public void write(ByteBuffer piece, boolean flush, Completion done) {
            flushes.add(flush);
            done.succeeded();
          }
        };
    start(new Pausing(), client, true);
    assertThat(flushes.get(flushes.size() - 1)).isTrue();
    assertThat(client.completed).isFalse();
  }
}
