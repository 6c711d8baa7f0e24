package org.culvert.launcher;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.culvert.servlet.ProxyServlet;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * The front of requests: they pass from Jetty's core to the proxy without the servlet container, on
 * the selector's own thread, so that nothing is handed over; upgrades of HTTP/1.1 too. The extended
 * CONNECT of HTTP/2 goes through the servlet, whose container has the WebSocket. A selector's
 * thread may not wait: a request with a body, which may have to be put into a file, and one for the
 * servlet go on on another.
 */
final class CoreFront extends Handler.Wrapper {
  private final ProxyServlet proxy;
  private final RequestsUnderWay servlet;

  /**
   * A front.
   *
   * @param servlet where upgrades go
   */
  CoreFront(ProxyServlet proxy, RequestsUnderWay servlet) {
    super(servlet);
    this.proxy = proxy;
    this.servlet = servlet;
  }

  /** Whatever is in the servlet container, which is not called on this thread. */
  @Override
  public InvocationType getInvocationType() {
    return InvocationType.NON_BLOCKING;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    Http1Connection http1 = Http1Connection.of(request);
    RequestsUnderWay.begin(request, http1);
    Runnable rest;
    boolean upgrades = request.getHeaders().contains(HttpHeader.UPGRADE);
    if (http1 == null && (upgrades || HttpMethod.CONNECT.is(request.getMethod()))) {
      rest = () -> byServlet(request, response, callback);
    } else {
      CoreRequestBody body = new CoreRequestBody(request);
      if (body.length() == 0) {
        if (upgrades && http1 != null) {
          http1.holdsBuffer(); // What a client sends ahead of the 101 stays in it.
        }
        answer(request, response, callback, body, http1);
        return true;
      }
      rest = () -> answer(request, response, callback, body, http1);
    }
    if (http1 != null) {
      http1.holdsBuffer();
    }
    execute(request.getComponents().getExecutor(), rest, callback);
    return true;
  }

  private static void execute(Executor executor, Runnable rest, Callback callback) {
    try {
      executor.execute(
          () -> {
            try {
              rest.run();
            } catch (RuntimeException | Error e) {
              callback.failed(e);
            }
          });
    } catch (RejectedExecutionException stopping) {
      callback.failed(stopping);
    }
  }

  private void byServlet(Request request, Response response, Callback callback) {
    try {
      if (!servlet.handle(request, response, callback)) {
        Response.writeError(request, response, callback, HttpStatus.NOT_FOUND_404);
      }
    } catch (Exception e) {
      callback.failed(e);
    }
  }

  private void answer(
      Request request,
      Response response,
      Callback callback,
      CoreRequestBody body,
      @Nullable Http1Connection http1) {
    CoreCall call = new CoreCall(request, response, callback, body, http1, servlet.idleMillis());
    if (!proxy.handle(new CoreReceived(request), call)) {
      Response.writeError(request, response, callback, HttpStatus.SERVICE_UNAVAILABLE_503);
    }
  }
}
