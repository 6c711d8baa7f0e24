package org.culvert.launcher;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeoutException;
import org.culvert.exchange.RequestBody;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.observe.ResponseRecord;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.Trailers;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.BufferUtil;
import org.jspecify.annotations.Nullable;

/**
 * A client's body from Jetty's core, chunk after chunk, of which one is held at a time. Jetty asks
 * an expecting client to continue when the first one is demanded.
 */
final class CoreRequestBody implements RequestBody {
  private final Request request;
  private final long length;
  private Content.@Nullable Chunk chunk;
  private boolean finished;
  private boolean left;
  private @Nullable Throwable failure;
  private HeaderFields trailers = new HeaderFields();
  private @Nullable ResponseRecord record;
  private Runnable waiting = () -> {};
  private Runnable broken = () -> {};
  private @Nullable Runnable expecting;

  CoreRequestBody(Request request) {
    this.request = request;
    this.length = findLength();
    this.finished = length == 0;
  }

  private long findLength() {
    long declared = request.getLength();
    if (declared >= 0) {
      return declared;
    }
    if (request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING)) {
      return -1;
    }
    if (request.getConnectionMetaData().getHttpVersion() != HttpVersion.HTTP_2) {
      return 0;
    }
    Content.Chunk first = request.read();
    chunk = first;
    return first != null && first.isLast() && !first.hasRemaining() ? 0 : -1;
  }

  /**
   * Begins.
   *
   * @param record counts what is read
   * @param waiting run before something is waited for
   * @param expecting asks a client that expects it to continue, when the first piece is read
   * @param broken run when the client has broken off, after who reads has been told
   */
  void open(ResponseRecord record, Runnable expecting, Runnable waiting, Runnable broken) {
    this.expecting =
        request.getHeaders().contains(HttpHeader.EXPECT)
                && request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_1
            ? expecting
            : null;
    this.record = record;
    this.waiting = waiting;
    this.broken = broken;
  }

  @Override
  public long length() {
    return length;
  }

  /**
   * Nobody needs the rest.
   *
   * @return whether all of it was read, or was here and is thrown away: the connection may go on
   */
  synchronized boolean leave() {
    if (finished) {
      return true;
    }
    left = true;
    release();
    return request.consumeAvailable();
  }

  private void release() {
    if (chunk != null) {
      chunk.release();
      chunk = null;
    }
  }

  @Override
  public synchronized int read(ByteBuffer into) throws IOException {
    Runnable first = expecting;
    if (first != null) {
      expecting = null;
      first.run();
    }
    while (true) {
      if (failure != null) {
        throw broken(failure);
      }
      if (left) {
        throw new IOException("it was answered before all of it was read");
      }
      if (finished) {
        return -1;
      }
      Content.Chunk now = chunk == null ? request.read() : chunk;
      if (now == null) {
        return 0;
      }
      if (Content.Chunk.isFailure(now)) {
        failure = now.getFailure();
        continue;
      }
      int read = take(now, into);
      if (read > 0 || !into.hasRemaining()) {
        return read;
      }
    }
  }

  private IOException broken(Throwable failure) {
    if (failure instanceof TimeoutException) {
      String timedOut = "client timed out while sending its body";
      return new IOException(
          timedOut, new GatewayFailure(GatewayFailure.Kind.CLIENT_TIMEOUT, timedOut));
    }
    Http1Connection http1 = Http1Connection.of(request);
    HttpException invalidBody = http1 == null ? null : http1.invalidBody();
    if (invalidBody != null) {
      String invalid = "client sent an invalid body: " + invalidBody.getReason();
      return new IOException(invalid, new GatewayFailure(GatewayFailure.Kind.BAD_REQUEST, invalid));
    }
    return new IOException("client broke off: " + failure, failure);
  }

  private int take(Content.Chunk now, ByteBuffer into) {
    int read = BufferUtil.put(now.getByteBuffer(), into);
    if (now instanceof Trailers last) {
      for (HttpField field : last.getTrailers()) {
        trailers.add(field.getName(), String.valueOf(field.getValue()));
      }
    }
    if (now.hasRemaining()) {
      chunk = now;
    } else {
      chunk = null;
      finished = now.isLast();
      now.release();
    }
    if (record != null && read > 0) {
      record.read(read);
    }
    return read;
  }

  @Override
  public void demand(Runnable ready) {
    if (isHere()) {
      ready.run();
      return;
    }
    waiting.run();
    try {
      request.demand(
          () -> {
            ready.run();
            if (hasFailed()) {
              broken.run();
            }
          });
    } catch (IllegalStateException over) {
      ready.run(); // Jetty has the request back, and lets it be read as broken.
    }
  }

  private synchronized boolean isHere() {
    return chunk != null || finished || left || failure != null;
  }

  private synchronized boolean hasFailed() {
    return failure != null;
  }

  /** Nobody reads from now on. */
  synchronized void close() {
    finished = true;
    release();
  }

  @Override
  public synchronized HeaderFields trailers() {
    return trailers;
  }
}
