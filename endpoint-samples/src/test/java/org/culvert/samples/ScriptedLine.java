package org.culvert.samples;

import jakarta.websocket.CloseReason;
import jakarta.websocket.SendHandler;
import jakarta.websocket.SendResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A session that finishes its sends at once, or when told to. */
final class ScriptedLine implements Outbox.Line {
  final List<String> sent = new ArrayList<>();
  private final boolean atOnce;
  private final CompletableFuture<CloseReason> closed = new CompletableFuture<>();
  private SendHandler underWay;

  ScriptedLine(boolean atOnce) {
    this.atOnce = atOnce;
  }

  @Override
  public void send(String message, SendHandler handler) {
    if (underWay != null) {
      throw new AssertionError("a second message while the first is under way");
    }
    sent.add(message);
    if (atOnce) {
      handler.onResult(new SendResult());
    } else {
      underWay = handler;
    }
  }

  @Override
  public void close(CloseReason reason) {
    closed.complete(reason);
  }

  /** The message under way has been sent. */
  void finish(SendResult result) {
    SendHandler handler = underWay;
    underWay = null;
    handler.onResult(result);
  }

  boolean isClosed() {
    return closed.isDone();
  }

  int awaitCloseCode() throws Exception {
    return closed.get(5, TimeUnit.SECONDS).getCloseCode().getCode();
  }
}
