package org.culvert.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A request in the container's asynchronous mode: how it is ended, and what the container tells of
 * its end. The container's own time-out is off, Culvert's timers rule.
 */
final class AsyncRequest {
  private static final String ABORT = "org.culvert.abort";

  /** Something done with the container's objects; must not block, and call nobody back. */
  interface Touch {
    void run() throws IOException;
  }

  /** Told what the container reports, on any thread. */
  interface Watcher {
    /** The container has taken the request back. */
    void completed();

    /** The container says that the client broke off. */
    void broken(Throwable cause);
  }

  private final HttpServletRequest request;
  private final AsyncContext async;
  private final Watcher watcher;
  private final Lease lease = new Lease();
  private volatile @Nullable Runnable afterDispatch;

  private AsyncRequest(HttpServletRequest request, AsyncContext async, Watcher watcher) {
    this.request = request;
    this.async = async;
    this.watcher = watcher;
  }

  /** Puts a request into asynchronous mode. Only where {@code isAsyncSupported()}. */
  static AsyncRequest start(
      HttpServletRequest request, HttpServletResponse response, Watcher watcher) {
    AsyncContext async =
        request.isAsyncStarted()
            ? request.getAsyncContext()
            : request.startAsync(request, response);
    async.setTimeout(0);
    AsyncRequest started = new AsyncRequest(request, async, watcher);
    async.addListener(started.new Listener());
    return started;
  }

  /**
   * To be called first in every ASYNC dispatch: where the answer is to be cut short and the
   * container's own way is not known, throws, which has a container drop a connection whose answer
   * has begun.
   */
  static void cutShort(HttpServletRequest request) throws IOException {
    if (request.getAttribute(ABORT) instanceof Throwable cause) {
      request.removeAttribute(ABORT);
      throw new IOException("the answer is cut short: " + cause.getMessage(), cause);
    }
  }

  /** Touches the container's objects; false, and nothing done, where they are not ours any more. */
  boolean use(Touch touch) throws IOException {
    if (!lease.enter(false)) {
      return false;
    }
    try {
      touch.run();
      return true;
    } finally {
      lease.leave();
    }
  }

  /** {@link #use}; a touch that fails has lost the client: its connection is cut with it. */
  boolean useOrCut(Touch touch) throws IOException {
    return use(
        () -> {
          try {
            touch.run();
          } catch (IOException e) {
            cut(e);
            throw e;
          }
        });
  }

  /** The answer is whole, or nobody waits for it. */
  void complete() {
    last(this::end);
  }

  private void end() {
    try {
      async.complete();
    } catch (IllegalStateException e) {
      // The container has ended the request by itself: the client left.
    }
  }

  /** Drops the client's connection, so that it cannot take the answer for a whole one. */
  void cut(Throwable cause) {
    last(
        () -> {
          if (ContainerSocket.drop(request)) {
            end();
            return;
          }
          try {
            request.setAttribute(ABORT, cause);
            async.dispatch();
          } catch (IllegalStateException | UnsupportedOperationException e) {
            end(); // The request is over, or the application is being stopped.
          }
        });
  }

  private void last(Runnable touch) {
    if (!lease.enter(true)) {
      return;
    }
    try {
      touch.run();
    } finally {
      lease.leave();
    }
  }

  /**
   * Has the rest made in an ASYNC dispatch of the request.
   *
   * @param before run just before, while the request is still ours
   * @param after run when the container has ended the request, dispatched or not: an application's
   *     filter may have kept the dispatch to itself
   * @return false when the request has ended already
   */
  boolean dispatch(Runnable before, Runnable after) {
    afterDispatch = after;
    AtomicBoolean dispatched = new AtomicBoolean();
    last(
        () -> {
          try {
            before.run();
            async.dispatch();
            dispatched.set(true);
          } catch (IllegalStateException | UnsupportedOperationException e) {
            end(); // The client left, or the application is being stopped.
          }
        });
    return dispatched.get();
  }

  private final class Listener implements AsyncListener {
    @Override
    public void onComplete(AsyncEvent event) {
      lease.end();
      Runnable after = afterDispatch;
      if (after != null) {
        after.run();
      }
      watcher.completed();
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      // Never: the container's time-out is off.
    }

    @Override
    public void onError(AsyncEvent event) {
      complete(); // Else the container answers in our place.
      lease.end();
      Throwable cause = event.getThrowable();
      watcher.broken(cause == null ? new IOException("the client left") : cause);
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
      event.getAsyncContext().addListener(this);
    }
  }
}
