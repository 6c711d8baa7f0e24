package org.culvert.servlet;

import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.RequestBody;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.culvert.observe.ResponseRecord;
import org.jspecify.annotations.Nullable;

/**
 * The client's leg where a filter without async support stands in front: all reads and writes are
 * made on the servlet's own thread, which waits in {@link #await} for what there is to do. Threads
 * of the upstream's client never block here.
 */
public final class BlockingDownstream implements Downstream {
  private static final int PIECE = 16 * 1024;

  private final HttpServletRequest request;
  private final HttpServletResponse response;
  private final ResponseRecord record;
  private final ServletHead head;
  private final Body body;
  private final BlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile boolean wrote;
  private volatile @Nullable Runnable whenGone;

  /** The servlet's thread has left: nothing of the request may be touched any more. */
  private volatile boolean left;

  private @Nullable Throwable cut;
  private boolean done;

  /** The leg of one request. */
  public BlockingDownstream(
      HttpServletRequest request, HttpServletResponse response, ResponseRecord record) {
    this.request = request;
    this.response = response;
    this.record = record;
    this.head = new ServletHead(request, response, record);
    this.body = new Body();
  }

  /**
   * Works until the answer is over; on the servlet's thread.
   *
   * @throws IOException when the answer is to be cut short: let it go through to the container
   */
  public void await() throws IOException {
    try {
      while (!done) {
        work.take().run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while answering", e);
    } finally {
      if (!done) {
        leave();
      }
    }
    Throwable cause = cut;
    if (cause != null) {
      if (ContainerSocket.drop(request)) {
        return;
      }
      throw new IOException("the answer is cut short: " + cause.getMessage(), cause);
    }
  }

  /** Ends what still runs for this request: no thread will serve it any more. */
  private void leave() {
    left = true;
    over.set(true);
    drain();
    Runnable gone = whenGone;
    if (gone != null) {
      gone.run();
    }
  }

  private void add(Runnable task) {
    work.add(task);
    if (left) {
      drain();
    }
  }

  private void drain() {
    for (Runnable task = work.poll(); task != null; task = work.poll()) {
      task.run();
    }
  }

  @Override
  public RequestBody body() {
    return body;
  }

  @Override
  public void interim(ResponseHead interim) {
    // As in ServletDownstream.
  }

  @Override
  public void head(ResponseHead newHead) {
    head.set(newHead);
  }

  @Override
  public void trailers(HeaderFields trailers) {
    head.trailers(trailers);
  }

  @Override
  public void write(ByteBuffer piece, boolean flush, Completion completion) {
    wrote = true;
    add(() -> writeNow(piece, flush, completion));
  }

  private void writeNow(ByteBuffer piece, boolean flush, Completion completion) {
    if (left) {
      completion.failed(new IOException("the answer is over"));
      return;
    }
    try {
      head.apply();
      byte[] bytes = new byte[piece.remaining()];
      piece.get(bytes);
      response.getOutputStream().write(bytes);
      if (flush) {
        response.flushBuffer();
      }
      record.wrote(bytes.length);
    } catch (IOException | RuntimeException e) {
      completion.failed(e);
      return;
    }
    completion.succeeded();
  }

  @Override
  public void complete() {
    if (over.compareAndSet(false, true)) {
      work.add(
          () -> {
            head.apply();
            done = true;
          });
    }
  }

  @Override
  public void abort(Throwable cause) {
    if (over.compareAndSet(false, true)) {
      work.add(
          () -> {
            cut = cause;
            done = true;
          });
    }
  }

  /**
   * Ends the leg without an answer: the rest runs on the servlet's thread.
   *
   * @param lost run instead if that thread has left
   * @return false when the answer is over already; then neither is run
   */
  boolean handOver(Runnable rest, Runnable lost) {
    if (!over.compareAndSet(false, true)) {
      return false;
    }
    add(
        () -> {
          if (left) {
            lost.run();
          } else {
            rest.run();
            done = true;
          }
        });
    return true;
  }

  @Override
  public boolean isCommitted() {
    return wrote || head.isCommitted();
  }

  @Override
  public void onClientGone(Runnable gone) {
    whenGone = gone; // A blocked thread hears of it from its next read or write only.
  }

  /** The body, read into a buffer on the servlet's thread when there is a demand. */
  private final class Body implements RequestBody {
    private final long length = ServletRequestBody.length(request);
    private byte[] bytes = {};
    private int position;
    private int limit;
    private boolean finished = length == 0;
    private @Nullable IOException failure;

    @Override
    public long length() {
      return length;
    }

    @Override
    public synchronized int read(ByteBuffer into) throws IOException {
      if (failure != null) {
        throw failure;
      }
      if (position == limit) {
        return finished ? -1 : 0;
      }
      int read = Math.min(into.remaining(), limit - position);
      into.put(bytes, position, read);
      position += read;
      return read;
    }

    @Override
    public void demand(Runnable ready) {
      add(
          () -> {
            fill();
            ready.run();
          });
    }

    private synchronized void fill() {
      if (position < limit || finished || failure != null) {
        return;
      }
      if (left) {
        failure = new IOException("the servlet's thread has left");
        return;
      }
      if (bytes.length == 0) {
        bytes = new byte[PIECE];
      }
      try {
        ServletInputStream in = request.getInputStream();
        int read = in.read(bytes);
        position = 0;
        limit = Math.max(read, 0);
        finished = read < 0;
        if (read > 0) {
          record.read(read);
        }
      } catch (IOException e) {
        failure = e;
      }
    }

    @Override
    public HeaderFields trailers() {
      return ServletRequestBody.trailers(request);
    }
  }
}
