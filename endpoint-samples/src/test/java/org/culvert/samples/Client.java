package org.culvert.samples;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A WebSocket client that reads when it is told to. */
final class Client implements WebSocket.Listener, AutoCloseable {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final long PATIENCE_SECONDS = 20;

  final WebSocket socket;
  private final boolean reads;
  private final StringBuilder text = new StringBuilder();
  private final BlockingQueue<String> texts = new LinkedBlockingQueue<>();
  private final BlockingQueue<ByteBuffer> binaries = new LinkedBlockingQueue<>();
  private final CompletableFuture<String> closed = new CompletableFuture<>();

  Client(String address, boolean reads, String... subprotocols) throws Exception {
    this.reads = reads;
    WebSocket.Builder builder = HTTP.newWebSocketBuilder();
    if (subprotocols.length > 0) {
      String[] others = java.util.Arrays.copyOfRange(subprotocols, 1, subprotocols.length);
      builder.subprotocols(subprotocols[0], others);
    }
    socket = builder.buildAsync(URI.create(address), this).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  Client(String address, String... subprotocols) throws Exception {
    this(address, true, subprotocols);
  }

  void say(String message) throws Exception {
    socket.sendText(message, true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  String next() throws Exception {
    String message = texts.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("nothing was said; closed: " + closed.getNow("no"));
    }
    return message;
  }

  /** The next message that contains this. */
  String next(String part) throws Exception {
    String message = next();
    while (!message.contains(part)) {
      message = next();
    }
    return message;
  }

  ByteBuffer nextBinary() throws Exception {
    ByteBuffer message = binaries.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("no bytes came");
    }
    return message;
  }

  /** Code and reason. */
  String awaitClose() throws Exception {
    return closed.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void onOpen(WebSocket opened) {
    if (reads) {
      opened.request(Long.MAX_VALUE);
    }
  }

  @Override
  public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
    text.append(part);
    if (last) {
      texts.add(text.toString());
      text.setLength(0);
    }
    return null;
  }

  @Override
  public CompletionStage<?> onBinary(WebSocket from, ByteBuffer part, boolean last) {
    binaries.add(ByteBuffer.allocate(part.remaining()).put(part).flip());
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
    closed.complete(reason.isEmpty() ? String.valueOf(code) : code + " " + reason);
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable failure) {
    closed.completeExceptionally(failure);
  }

  @Override
  public void close() {
    socket.abort();
  }
}
