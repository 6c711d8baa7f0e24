package org.culvert.servlet;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.culvert.exchange.RequestBody;
import org.culvert.http.HeaderFields;
import org.culvert.observe.ResponseRecord;
import org.jspecify.annotations.Nullable;

/**
 * A client's body over asynchronous servlet input. The container's signal and the reader's demand
 * may cross on two threads: the slot holds whichever came first.
 */
final class ServletRequestBody implements RequestBody, ReadListener {
  private static final Runnable SIGNAL = () -> {};

  private final HttpServletRequest request;
  private final AsyncRequest async;
  private final ResponseRecord record;
  private final Consumer<Throwable> broken;
  private final long length;
  private final AtomicReference<@Nullable Runnable> slot = new AtomicReference<>();
  private @Nullable ServletInputStream input;
  private byte[] copy = {};
  private boolean listening;
  private boolean dry;
  private boolean finished;
  private volatile @Nullable Throwable failure;

  /**
   * The body of a request in asynchronous mode.
   *
   * @param broken told when the container reports that the client broke off
   */
  ServletRequestBody(
      HttpServletRequest request,
      AsyncRequest async,
      ResponseRecord record,
      Consumer<Throwable> broken) {
    this.request = request;
    this.async = async;
    this.record = record;
    this.broken = broken;
    this.length = length(request);
    this.finished = length == 0;
  }

  /** The length of a request's body: -1 unknown, 0 none. */
  static long length(HttpServletRequest request) {
    long declared = request.getContentLengthLong();
    if (declared >= 0) {
      return declared;
    }
    if (request.getHeader("Transfer-Encoding") != null) {
      return -1;
    }
    if (request.getProtocol().startsWith("HTTP/1")) {
      return 0;
    }
    try {
      return request.getInputStream().isFinished() ? 0 : -1;
    } catch (IOException e) {
      return -1;
    }
  }

  /** The fields after a request's body, when that has been read. */
  static HeaderFields trailers(HttpServletRequest request) {
    HeaderFields fields = new HeaderFields();
    if (request.isTrailerFieldsReady()) {
      request.getTrailerFields().forEach(fields::add);
    }
    return fields;
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    Throwable failed = failure;
    if (failed != null) {
      throw new IOException("client broke off: " + failed, failed);
    }
    if (finished) {
      return -1;
    }
    ServletInputStream in = input;
    if (in == null || !listening) {
      dry = true;
      return 0;
    }
    AtomicInteger read = new AtomicInteger();
    if (!async.use(() -> read.set(receive(in, into)))) {
      throw new IOException("client broke off: the container has ended the request");
    }
    return count(read.get());
  }

  /** Bytes received, 0 for none now, -1 at the end. */
  private int receive(ServletInputStream in, ByteBuffer into) throws IOException {
    if (in.isFinished()) {
      return -1;
    }
    dry = true; // Before isReady(), which may have the container signal at once.
    if (!in.isReady()) {
      return in.isFinished() ? -1 : 0; // Tomcat is not ready at the end, too.
    }
    dry = false;
    return transfer(in, into);
  }

  private int transfer(ServletInputStream in, ByteBuffer into) throws IOException {
    if (into.hasArray()) {
      int read = in.read(into.array(), into.arrayOffset() + into.position(), into.remaining());
      if (read > 0) {
        into.position(into.position() + read);
      }
      return read;
    }
    if (copy.length < into.remaining()) {
      copy = new byte[into.remaining()];
    }
    int read = in.read(copy, 0, into.remaining());
    if (read > 0) {
      into.put(copy, 0, read);
    }
    return read;
  }

  private int count(int read) {
    if (read > 0) {
      record.read(read);
    } else if (read < 0) {
      finished = true;
    }
    return read;
  }

  @Override
  public void demand(Runnable ready) {
    if (finished || failure != null || !dry) {
      ready.run();
      return;
    }
    if (slot.compareAndSet(SIGNAL, null)) {
      ready.run();
      return;
    }
    if (!slot.compareAndSet(null, ready)) {
      if (!slot.compareAndSet(SIGNAL, null)) {
        throw new IllegalStateException("two demands for one body");
      }
      ready.run();
      return;
    }
    if (!listening) {
      listen();
    }
  }

  private void listen() {
    try {
      boolean begun =
          async.use(
              () -> {
                ServletInputStream in = request.getInputStream();
                input = in;
                listening = true;
                in.setReadListener(this);
              });
      if (!begun) {
        onError(new IOException("the container has ended the request"));
      }
    } catch (IOException | IllegalStateException e) {
      onError(e);
    }
  }

  private void signal() {
    while (true) {
      Runnable waiting = slot.get();
      if (waiting == SIGNAL) {
        return;
      }
      if (waiting == null) {
        if (slot.compareAndSet(null, SIGNAL)) {
          return;
        }
      } else if (slot.compareAndSet(waiting, null)) {
        waiting.run();
        return;
      }
    }
  }

  @Override
  public void onDataAvailable() {
    signal();
  }

  @Override
  public void onAllDataRead() {
    signal();
  }

  @Override
  public void onError(Throwable cause) {
    failure = cause;
    signal();
    broken.accept(cause);
  }

  @Override
  public HeaderFields trailers() {
    HeaderFields fields = new HeaderFields();
    try {
      async.use(() -> trailers(request).forEach(f -> fields.add(f.name(), f.value())));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Nothing of it reads.
    }
    return fields;
  }
}
