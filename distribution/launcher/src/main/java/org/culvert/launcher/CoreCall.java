package org.culvert.launcher;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import org.culvert.directive.ClientSettings;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.Timers;
import org.culvert.http.HeaderField;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.culvert.observe.ResponseRecord;
import org.culvert.servlet.ClientCall;
import org.culvert.servlet.ClientSwitch;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** The call of Jetty's core for one request. */
final class CoreCall implements ClientCall, ClientSwitch {
  private final Request request;
  private final Response response;
  private final Callback callback;
  private final CoreRequestBody body;
  private final @Nullable Http1Connection http1;
  private final long idleMillis;
  private @Nullable CoreDownstream leg;

  /**
   * A call.
   *
   * @param http1 null for HTTP/2
   * @param idleMillis how long the client may be silent while something of it is waited for
   */
  CoreCall(
      Request request,
      Response response,
      Callback callback,
      CoreRequestBody body,
      @Nullable Http1Connection http1,
      long idleMillis) {
    this.request = request;
    this.response = response;
    this.callback = callback;
    this.body = body;
    this.http1 = http1;
    this.idleMillis = idleMillis;
  }

  @Override
  public Downstream downstream(ResponseRecord record, Timers timers) {
    CoreDownstream made =
        new CoreDownstream(request, response, callback, body, http1, idleMillis, record, timers);
    leg = made;
    return made;
  }

  @Override
  public void sendTimeout(Duration limit) {
    if (leg != null) {
      leg.sendTimeout(limit);
    }
  }

  @Override
  public void follow(ClientSettings settings) {
    if (leg != null) {
      leg.follow(settings);
    }
  }

  @Override
  public void endConnection() {
    if (leg != null) {
      leg.endConnection();
    }
  }

  /** On a thread of the server's pool: this may be the selector's. */
  @Override
  public void mayWait(Runnable step) {
    if (leg != null) {
      leg.waitsForDisk();
    }
    try {
      request.getComponents().getExecutor().execute(step);
    } catch (RejectedExecutionException stopping) {
      step.run(); // The server ends; nobody else is served any more.
    }
  }

  @Override
  public @Nullable ClientSwitch connection() {
    return http1 == null ? null : this;
  }

  @Override
  public Object endPoint() {
    return request.getConnectionMetaData().getConnection().getEndPoint();
  }

  @Override
  public String key() {
    return String.valueOf(request.getHeaders().get(HttpHeader.SEC_WEBSOCKET_KEY));
  }

  @Override
  public boolean upgrade(HeaderFields head, Object connection) {
    CoreDownstream client = leg;
    if (client == null || !client.leaveHttp()) {
      return false;
    }
    response.setStatus(HttpStatus.SWITCHING_PROTOCOLS_101);
    for (HeaderField field : head) {
      response.getHeaders().add(field.name(), field.value());
    }
    request.setAttribute(HttpStream.UPGRADE_CONNECTION_ATTRIBUTE, connection);
    callback.succeeded();
    client.leftHttp();
    return true;
  }

  @Override
  public void refuse(int status) {
    if (leg != null) {
      leg.head(new ResponseHead(status, null, HeaderFields.of("Content-Length", "0")));
      leg.complete();
    }
  }
}
