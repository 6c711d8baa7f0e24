package org.culvert.launcher;

import org.culvert.http.ClientConnection;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.servlet.ProxyServlet;
import org.culvert.servlet.RefusedRequest;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.RequestLog;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;

/**
 * The logs' lines of requests that end before the proxy sees them: what is no HTTP, a head that is
 * too long, a version that nobody speaks, a head that never becomes whole.
 */
final class RefusedRequests implements RequestLog {
  private final ProxyServlet proxy;

  RefusedRequests(ProxyServlet proxy) {
    this.proxy = proxy;
  }

  /** A server's. */
  static RefusedRequests of(Server server) {
    return (RefusedRequests) server.getRequestLog();
  }

  @Override
  public void log(Request request, Response response) {
    if (RequestsUnderWay.has(request)) {
      return; // The proxy writes its line.
    }
    ConnectionMetaData connection = request.getConnectionMetaData();
    if (connection.getConnection() instanceof Http1Connection http1 && http1.hasEndedUnanswered()) {
      return;
    }
    HeaderFields fields = new HeaderFields();
    for (HttpField field : response.getHeaders()) {
      fields.add(field.getName(), String.valueOf(field.getValue()));
    }
    RefusedRequest.Answer answer =
        new RefusedRequest.Answer(
            response.getStatus(), fields, Response.getContentBytesWritten(response));
    if (connection.getConnection() instanceof Http1Connection http1) {
      log(http1.readSoFar(), connection, answer, http1.refusal());
    } else {
      String line = request.getMethod() + " " + request.getHttpURI().getPathQuery() + " HTTP/2.0";
      log(
          new RefusedRequest.Head(line, new HeaderFields()),
          connection,
          answer,
          new GatewayFailure(GatewayFailure.Kind.BAD_REQUEST, "client sent invalid request"));
    }
  }

  /** A request whose client got nothing. */
  void unanswered(
      RefusedRequest.Head head, ConnectionMetaData connection, int status, GatewayFailure why) {
    log(head, connection, new RefusedRequest.Answer(status, new HeaderFields(), 0), why);
  }

  private void log(
      RefusedRequest.Head head,
      ConnectionMetaData connection,
      RefusedRequest.Answer answer,
      GatewayFailure why) {
    ClientConnection from =
        CoreConnection.of(connection, 0, connection.getConnection().getMessagesIn() + 1);
    proxy.refused(new RefusedRequest(head, from, answer, why));
  }
}
