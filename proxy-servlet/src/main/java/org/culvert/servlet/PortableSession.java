package org.culvert.servlet;

import jakarta.websocket.CloseReason;
import jakarta.websocket.SendHandler;
import jakarta.websocket.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import org.culvert.exchange.Completion;
import org.culvert.upgrade.Piece;
import org.culvert.upgrade.RelayThreads;

/**
 * A session with nothing but Jakarta WebSocket's own means: a whole message is sent asynchronously,
 * a part of one by a thread of the relay's that waits.
 */
final class PortableSession implements ContainerSession {
  private static final int NO_STATUS = 1005;
  private static final int NORMAL = 1000;
  private static final int BAD_GATEWAY = 1014;

  private final Session session;
  private final RelayThreads threads;
  private final Utf8Pieces text = new Utf8Pieces();

  PortableSession(Session session, RelayThreads threads) {
    this.session = session;
    this.threads = threads;
  }

  @Override
  public boolean suspend() {
    return false;
  }

  @Override
  public boolean resume() {
    return true;
  }

  @Override
  public void send(Piece piece, Completion done) {
    try {
      if (!piece.isWhole()) {
        String part = piece.text() ? text.decode(piece.bytes(), piece.last()) : null;
        threads.call(() -> sendPart(part, piece, done), () -> threads.cut(this::cut));
        return;
      }
      SendHandler handler = telling(done);
      if (piece.text()) {
        session.getAsyncRemote().sendText(text.decode(piece.bytes(), true), handler);
      } else {
        session.getAsyncRemote().sendBinary(piece.bytes(), handler);
      }
    } catch (CharacterCodingException | RuntimeException e) {
      done.failed(e);
    }
  }

  /** Tells how a send of the container's ended. */
  static SendHandler telling(Completion done) {
    return result -> {
      if (result.isOK()) {
        done.succeeded();
      } else {
        done.failed(result.getException());
      }
    };
  }

  private void sendPart(
      @org.jspecify.annotations.Nullable String part, Piece piece, Completion done) {
    try {
      if (part != null) {
        session.getBasicRemote().sendText(part, piece.last());
      } else {
        session.getBasicRemote().sendBinary(piece.bytes(), piece.last());
      }
    } catch (IOException | RuntimeException e) {
      done.failed(e);
      return;
    }
    done.succeeded();
  }

  @Override
  public void ping() throws IOException {
    // Not the basic remote: Jetty's forgets by a ping that it is inside of a message.
    session.getAsyncRemote().sendPing(ByteBuffer.allocate(0));
  }

  @Override
  public void close(int code, String reason) throws IOException {
    int sent = code == NO_STATUS ? NORMAL : code;
    session.close(new CloseReason(() -> sent, reason));
  }

  @Override
  public void cut() {
    try {
      session.close(new CloseReason(() -> BAD_GATEWAY, ""));
    } catch (IOException | RuntimeException e) {
      // It is as closed as it can be made.
    }
  }

  @Override
  public boolean isGone() {
    return true;
  }
}
