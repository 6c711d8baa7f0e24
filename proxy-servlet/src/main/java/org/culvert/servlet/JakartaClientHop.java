package org.culvert.servlet;

import jakarta.websocket.CloseReason;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Timers;
import org.culvert.upgrade.Hop;
import org.culvert.upgrade.Piece;
import org.culvert.upgrade.RelayThreads;
import org.culvert.upgrade.Stalls;
import org.jspecify.annotations.Nullable;

/**
 * The hop client to proxy, over a session of Jakarta WebSocket. Between two demands the container
 * is told not to read; where it cannot be told, its callback waits, and is counted.
 */
final class JakartaClientHop implements Hop {
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration LAST_WORD = Duration.ofMillis(200);

  /** For the thread that reads to get out of Tomcat's loop. */
  private static final Duration STOPPING = Duration.ofMillis(1);

  private static final int ABNORMAL = 1006;

  private final ContainerSession session;
  private final RelayThreads threads;
  private final Timers timers;
  private final Stalls callbacks;
  private final Utf8Pieces text = new Utf8Pieces();
  private final AtomicBoolean told = new AtomicBoolean();
  private final AtomicBoolean pinging = new AtomicBoolean();
  private final AtomicBoolean cut = new AtomicBoolean();

  /** Pieces that a container had read before it stopped reading: a few at most. */
  private final Queue<Piece> early = new ArrayDeque<>(2);

  private boolean demanded;
  private boolean suspended;
  private boolean first = true;
  private volatile boolean sending;
  private volatile boolean closing;

  /** The container failed a send; it may be about to say why to the client itself. */
  private volatile boolean failing;

  private volatile @Nullable Events events;
  private volatile @Nullable Throwable error;

  /**
   * A hop that is open.
   *
   * @param callbacks counts the container's threads that wait here
   */
  JakartaClientHop(
      ContainerSession session, RelayThreads threads, Timers timers, Stalls callbacks) {
    this.session = session;
    this.threads = threads;
    this.timers = timers;
    this.callbacks = callbacks;
  }

  @Override
  public void start(Events to) {
    events = to;
  }

  // What the container calls, one after the other.

  void text(String part, boolean last) {
    received(true, text.encode(part, last), last);
  }

  void binary(@Nullable ByteBuffer part, boolean last) {
    received(false, part == null ? ByteBuffer.allocate(0) : part, last);
  }

  private void received(boolean isText, ByteBuffer bytes, boolean last) {
    Piece piece = new Piece(isText, first, last, bytes);
    first = last;
    synchronized (early) {
      if (!demanded) {
        early.add(piece);
        return;
      }
      demanded = false;
    }
    events().piece(piece);
    hold();
  }

  private void hold() {
    synchronized (early) {
      if (demanded || suspended) {
        return;
      }
      if (session.suspend()) {
        suspended = true;
        return;
      }
    }
    callbacks.begin(this, this::giveUp);
    boolean interrupted = false;
    try {
      synchronized (early) {
        while (!demanded) {
          try {
            early.wait();
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
      }
    } finally {
      callbacks.end(this);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void giveUp() {
    if (told.compareAndSet(false, true)) {
      events().broken(new IOException("too many slow peers, this one was waited for longest"));
    }
    abort();
  }

  void pong() {
    events().alive();
  }

  void error(Throwable cause) {
    error = cause;
  }

  void closed(CloseReason reason) {
    if (closing && !session.isGone() && !cut.get()) {
      timers.start(POLL, () -> closed(reason));
      return;
    }
    if (told.compareAndSet(false, true)) {
      int code = reason.getCloseCode().getCode();
      if (code == ABNORMAL) {
        Throwable cause = error;
        events().broken(cause == null ? new EOFException("no Close") : cause);
      } else {
        String phrase = reason.getReasonPhrase();
        events().closed(code, phrase == null ? "" : phrase);
      }
    }
  }

  private Events events() {
    Events to = events;
    if (to == null) {
      throw new IllegalStateException("the relay has not started");
    }
    return to;
  }

  // What the relay calls.

  @Override
  public void demand() {
    Piece next;
    synchronized (early) {
      next = early.poll();
      if (next == null) {
        demanded = true;
        early.notifyAll();
        resume();
        return;
      }
    }
    events().piece(next);
  }

  /** Has the container read again if that is wanted: as soon as it has stopped. */
  private void resume() {
    synchronized (early) {
      if (!suspended || !demanded) {
        return;
      }
      if (session.resume()) {
        suspended = false;
        return;
      }
    }
    timers.start(STOPPING, this::resume);
  }

  @Override
  public void send(Piece piece, Completion done) {
    sending = true;
    session.send(
        piece,
        new Completion() {
          @Override
          public void succeeded() {
            sending = false;
            done.succeeded();
          }

          @Override
          public void failed(Throwable cause) {
            sending = false;
            failing = true;
            done.failed(cause);
          }
        });
  }

  @Override
  public void ping() {
    if (sending || closing || !pinging.compareAndSet(false, true)) {
      return;
    }
    threads.call(
        () -> {
          try {
            session.ping();
          } catch (IOException | RuntimeException e) {
            // A connection that cannot be written to is found out by its silence.
          } finally {
            pinging.set(false);
          }
        },
        this::giveUp);
  }

  @Override
  public void close(int code, String reason) {
    closing = true;
    threads.call(
        () -> {
          try {
            session.close(code, reason);
          } catch (IOException | RuntimeException e) {
            abort();
          }
        },
        this::giveUp);
  }

  /**
   * Cuts the session. Tomcat fails a send under way before it tells a client that broke the
   * protocol so (WsHttpUpgradeHandler.close): it is given the time to, else our Close would come
   * first, or into the middle of its own.
   */
  @Override
  public void abort() {
    if (!cut.compareAndSet(false, true)) {
      return;
    }
    if (failing && !told.get()) {
      timers.start(LAST_WORD, () -> threads.cut(session::cut));
    } else {
      threads.cut(session::cut);
    }
  }
}
