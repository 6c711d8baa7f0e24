package org.culvert.upgrade;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Timers;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * A hop over an endpoint of Jetty's that has left HTTP: with the backend, or with the client where
 * the server's endpoints are to be had. It reads on the endpoint's selector thread, or on that of
 * who asks for a piece; one thread at a time, and none waits. Nothing is read before the first
 * {@link #demand}, and no buffer is held while nothing comes.
 */
public final class JettyHop extends AbstractConnection implements Connection.UpgradeTo, Hop {
  /** How long a peer may take to read the Close that ends its connection. */
  private static final Duration LAST_WORD = Duration.ofSeconds(5);

  /** Reads in a row before the selector's others have their turn. */
  private static final int MOST_READS = 16;

  private final Timers timers;
  private final boolean peerIsClient;

  /** Until it was told: it would keep the handshake. */
  private @Nullable Consumer<JettyHop> opened;

  private final Runnable over;
  private final JettyInput input;
  private final FrameDecoder decoder;
  private final JettyFrameWriter writer;
  private final Fillable fillable = new Fillable();
  private final AtomicBoolean told = new AtomicBoolean();
  private final AtomicBoolean ended = new AtomicBoolean();

  /** Who raises it from 0 reads; anyone else has the reader go round once more. */
  private final AtomicInteger signals = new AtomicInteger();

  /** The present reader's, in a row. */
  private int reads;

  private volatile @Nullable Events events;

  private volatile Timers.@Nullable Limit lastWord;
  private volatile boolean breached;

  private JettyHop(
      EndPoint endPoint,
      Timers timers,
      boolean peerIsClient,
      Consumer<JettyHop> opened,
      Runnable over) {
    super(endPoint, Runnable::run); // Its own ways to run something are not used.
    this.timers = timers;
    this.peerIsClient = peerIsClient;
    this.opened = opened;
    this.over = over;
    this.input = new JettyInput(endPoint);
    this.decoder = new FrameDecoder(peerIsClient);
    this.writer = new JettyFrameWriter(endPoint, new FrameEncoder(!peerIsClient));
  }

  /**
   * Takes over a connection to a backend that has just switched.
   *
   * @param over run once when it has ended
   */
  static JettyHop ofBackend(EndPoint endPoint, Timers timers, Runnable over) {
    JettyHop hop = new JettyHop(endPoint, timers, false, opened -> {}, over);
    endPoint.upgrade(hop);
    return hop;
  }

  /**
   * The connection to upgrade a client's endpoint to.
   *
   * @param endPoint Jetty's {@code EndPoint}
   * @param opened told when the endpoint has left HTTP
   * @param over run once when it has ended, opened or not
   */
  public static JettyHop ofClient(
      Object endPoint, Timers timers, Consumer<JettyHop> opened, Runnable over) {
    return new JettyHop((EndPoint) endPoint, timers, true, opened, over);
  }

  // What the relay calls.

  @Override
  public void start(Events to) {
    events = to;
    if (ended.get()) {
      broken(new EOFException("it was closed before it began"));
    }
  }

  @Override
  public void demand() {
    read();
  }

  @Override
  public void demandAfterFailure() {
    input.forsake();
    read();
  }

  @Override
  public void send(Piece piece, Completion done) {
    writer.send(piece, done);
  }

  @Override
  public void ping() {
    writer.ping();
  }

  @Override
  public void close(int code, String reason) {
    writer.close(FrameEncoder.close(code, reason), null);
  }

  /** A peer that is being told what it did wrong is cut soon in any case. */
  @Override
  public void abort() {
    if (!breached) {
      cut();
    }
  }

  private void cut() {
    if (end()) {
      getEndPoint().close();
    }
  }

  /** It is over: whether this was the first to say so. */
  private boolean end() {
    if (!ended.compareAndSet(false, true)) {
      return false;
    }
    stopLastWord();
    over.run();
    return true;
  }

  // Reading.

  private void read() {
    if (signals.getAndIncrement() > 0) {
      return;
    }
    reads = 0;
    do {
      try {
        step();
      } catch (FrameException e) {
        breach(e);
      } catch (Throwable e) { // No memory for a buffer as well: it is this WebSocket's end alone.
        fail(e);
      }
    } while (signals.decrementAndGet() > 0);
  }

  /** Up to the next piece, or to where something has to be waited for. */
  private void step() throws IOException, FrameException {
    input.takeBack();
    while (!ended.get() && !told.get()) {
      ByteBuffer in = input.bytes();
      if (in != null) {
        if (!decode(in)) {
          return;
        }
      } else if (reads++ == MOST_READS || !input.fill()) {
        input.release();
        getEndPoint().fillInterested(fillable);
        return;
      }
    }
    input.release();
  }

  /** Handles what comes next: whether to go on at once. */
  private boolean decode(ByteBuffer in) throws FrameException {
    Events to = events;
    if (to == null) {
      throw new IllegalStateException("read before the relay has started");
    }
    switch (decoder.next(in)) {
      case NEEDS_BYTES -> {
        return true;
      }
      case PIECE -> {
        ByteBuffer payload = input.lend(decoder.size());
        to.piece(
            new Piece(
                decoder.isText(),
                decoder.isFirst(),
                decoder.isLast(),
                payload,
                payload.position()));
        return false;
      }
      case PING -> {
        to.alive();
        writer.pong(decoder.payload(), fillable); // A flood of pings is held back.
        return false;
      }
      case PONG -> {
        to.alive();
        return true;
      }
      case CLOSE -> {
        input.release();
        int code = decoder.closeCode();
        String reason = decoder.closeReason();
        finish(decoder.payload(), this::cut, told -> told.closed(code, reason));
        return false;
      }
    }
    throw new AssertionError();
  }

  /** There is something to read, or a pong is written. */
  private final class Fillable implements Callback, Completion {
    @Override
    public InvocationType getInvocationType() {
      return InvocationType.NON_BLOCKING;
    }

    @Override
    public void succeeded() {
      read();
    }

    @Override
    public void failed(Throwable cause) {
      fail(cause);
    }
  }

  // Ends.

  /** RFC 6455, section 7.1.7. */
  private void breach(FrameException e) {
    input.release();
    breached = true;
    byte[] close = FrameEncoder.close(e.code(), e.what());
    if (peerIsClient) {
      finish(close, this::linger, to -> to.closed(e.code(), e.what()));
    } else {
      finish(close, this::linger, to -> to.broken(e));
    }
  }

  /** The peer may be sending still. */
  private void linger() {
    JettyLingeringClose.begin(getEndPoint(), timers, this::cut);
  }

  /** The connection's end, which follows its last frame at once, is not what is told. */
  private void finish(byte[] answer, Runnable then, Consumer<Events> telling) {
    Events to = events;
    boolean first = told.compareAndSet(false, true);
    lastWord(answer, then);
    if (to != null && first) {
      telling.accept(to);
    }
  }

  private void fail(Throwable cause) {
    input.release();
    broken(cause);
    cut();
  }

  /** The last frame is written, then the connection is closed. */
  private void lastWord(byte[] close, Runnable then) {
    writer.close(
        close,
        new Completion() {
          @Override
          public void succeeded() {
            then.run();
          }

          @Override
          public void failed(Throwable cause) {
            cut();
          }
        });
    if (!ended.get()) {
      lastWord = timers.start(LAST_WORD, this::cut);
      if (ended.get()) {
        stopLastWord();
      }
    }
  }

  private void stopLastWord() {
    Timers.Limit running = lastWord;
    if (running != null) {
      running.stop();
    }
  }

  private void broken(Throwable cause) {
    Events to = events;
    if (to != null && told.compareAndSet(false, true)) {
      to.broken(cause);
    }
  }

  // What Jetty calls.

  @Override
  public void onUpgradeTo(ByteBuffer early) {
    input.begin(early);
  }

  @Override
  public void onOpen() {
    super.onOpen();
    getEndPoint().setIdleTimeout(0); // proxy_read_timeout is the relay's to keep.
    Consumer<JettyHop> told = opened;
    opened = null;
    if (told != null) {
      told.accept(this);
    }
  }

  @Override
  public void onFillable() {
    read();
  }

  @Override
  public boolean onIdleExpired(TimeoutException timeout) {
    return false;
  }

  @Override
  public void onClose(@Nullable Throwable cause) {
    super.onClose(cause);
    end();
    broken(cause == null ? new EOFException("it was closed") : cause);
  }
}
