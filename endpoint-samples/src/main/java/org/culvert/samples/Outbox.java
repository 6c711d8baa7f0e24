package org.culvert.samples;

import jakarta.websocket.CloseReason;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.SendHandler;
import jakarta.websocket.Session;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * What one session has yet to be sent: text messages, in order, one in flight at a time, and a
 * bounded number waiting. A session may not be sent a second message while the first is under way
 * (Tomcat throws), and a client that reads slowly must cost neither a thread nor unbounded memory.
 *
 * <p>Any thread may call any method; none of them waits for the network. {@link #add} runs no
 * foreign code and may be called with a lock held; {@link #flush} and {@link #send} call into the
 * container, which may answer by calling the endpoint back, and may not.
 */
final class Outbox {
  /** How long one message may be under way before the container gives the session up. */
  private static final long SEND_TIMEOUT_MILLIS = 20_000;

  /** The session as an outbox sees it. */
  interface Line {
    /** Starts sending; the handler is called once, by any thread, this one included. */
    void send(String message, SendHandler handler);

    /** Closes the session. May block. */
    void close(CloseReason reason);
  }

  private final Line line;
  private final int capacity;
  private final Queue<String> waiting = new ArrayDeque<>(); // guarded by this, as what follows
  private boolean inFlight;
  private boolean flushing;
  private boolean overflown;
  private boolean ended;

  Outbox(Line line, int capacity) {
    this.line = line;
    this.capacity = capacity;
  }

  /** An outbox for the session, in which at most {@code capacity} messages wait. */
  static Outbox of(Session session, int capacity) {
    RemoteEndpoint.Async remote = session.getAsyncRemote();
    remote.setSendTimeout(SEND_TIMEOUT_MILLIS);
    return new Outbox(
        new Line() {
          @Override
          public void send(String message, SendHandler handler) {
            remote.sendText(message, handler);
          }

          @Override
          public void close(CloseReason reason) {
            try {
              session.close(reason);
            } catch (IOException gone) {
              // It could not be told, and is closed all the same.
            }
          }
        },
        capacity);
  }

  /** {@link #add} and {@link #flush}. */
  void send(String message) {
    add(message);
    flush();
  }

  /**
   * Queues a message for the next flush. When there is no place left the client is too slow: what
   * waits is forgotten, and the next flush closes the session with 1013 (try again later).
   */
  synchronized void add(String message) {
    if (ended || overflown) {
      return;
    }
    if (waiting.size() == capacity) {
      waiting.clear();
      overflown = true;
    } else {
      waiting.add(message);
    }
  }

  /** How many messages can be added before the outbox overflows. */
  synchronized int room() {
    return ended || overflown ? 0 : capacity - waiting.size();
  }

  /** Whether everything has been sent. */
  synchronized boolean isEmpty() {
    return waiting.isEmpty() && !inFlight;
  }

  /** Forgets what waits, and everything added from now on. For {@code OnClose}. */
  synchronized void end() {
    ended = true;
    waiting.clear();
  }

  /**
   * Sends what waits. One thread at a time goes round this loop. A message that is sent at once
   * calls {@link #sent} within {@code line.send}, which leaves the rest to the loop that it is in:
   * otherwise each message would be sent from within the sending of the one before, and a full
   * outbox could overflow the stack.
   */
  void flush() {
    synchronized (this) {
      if (flushing) {
        return;
      }
      flushing = true;
    }
    for (String message = next(); message != null; message = next()) {
      try {
        line.send(message, result -> sent(result.isOK()));
      } catch (RuntimeException closed) { // IllegalStateException: the session is closed
        sent(false);
      }
    }
  }

  /** The message to send now, or null (and the loop ends) if there is none or one in flight. */
  private synchronized @Nullable String next() {
    if (overflown && !ended) {
      end();
      // In another thread: the Close has to wait for the message that the client does not read.
      Threads.run(
          () ->
              line.close(
                  new CloseReason(
                      CloseReason.CloseCodes.TRY_AGAIN_LATER, "You read too slowly for this")));
    }
    if (inFlight || waiting.isEmpty()) {
      flushing = false;
      return null;
    }
    inFlight = true;
    return waiting.remove();
  }

  private void sent(boolean ok) {
    synchronized (this) {
      inFlight = false;
      if (!ok) {
        end(); // the container reports the error and the close to the endpoint
      }
    }
    if (ok) {
      Traffic.messageSent();
      flush();
    }
  }
}
