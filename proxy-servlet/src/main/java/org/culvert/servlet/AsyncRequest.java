package org.culvert.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A request in the container's asynchronous mode: how it is ended, and what the container tells of
 * its end. The container's own time-out is off, Culvert's timers rule.
 */
final class AsyncRequest {
  private static final String ABORT = "org.culvert.abort";

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
  private volatile @Nullable Runnable afterDispatch;

  /** The container has ended the request: nothing of it may be touched any more. */
  private volatile boolean ended;

  /** The container has taken the request back, for another client perhaps. */
  private volatile boolean completed;

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

  boolean isEnded() {
    return ended;
  }

  boolean isCompleted() {
    return completed;
  }

  /** The answer is whole, or nobody waits for it. */
  void complete() {
    if (completed) {
      return;
    }
    try {
      async.complete();
    } catch (IllegalStateException e) {
      // The container has ended the request by itself: the client left.
    }
  }

  /** Drops the client's connection, so that it cannot take the answer for a whole one. */
  void cut(Throwable cause) {
    if (completed) {
      return; // The container may have given the request to another client.
    }
    if (ContainerSocket.drop(request)) {
      complete();
      return;
    }
    try {
      request.setAttribute(ABORT, cause);
      async.dispatch();
    } catch (IllegalStateException | UnsupportedOperationException e) {
      complete(); // The request is over, or the application is being stopped.
    }
  }

  /**
   * Has the rest made in an ASYNC dispatch of the request.
   *
   * @param after run when the container has ended the request, dispatched or not: an application's
   *     filter may have kept the dispatch to itself
   * @return false when the request has ended already
   */
  boolean dispatch(Runnable after) {
    afterDispatch = after;
    try {
      async.dispatch();
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  private final class Listener implements AsyncListener {
    @Override
    public void onComplete(AsyncEvent event) {
      ended = true;
      completed = true;
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
      ended = true;
      Throwable cause = event.getThrowable();
      watcher.broken(cause == null ? new IOException("the client left") : cause);
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
      event.getAsyncContext().addListener(this);
    }
  }
}
