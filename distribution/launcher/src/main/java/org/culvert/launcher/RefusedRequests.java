package org.culvert.launcher;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.culvert.http.HeaderFields;
import org.culvert.servlet.ProxyServlet;
import org.culvert.servlet.RefusedRequest;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.RequestLog;
import org.eclipse.jetty.server.Response;

/**
 * The access log's lines of requests that Jetty refuses by itself, before the proxy sees them: what
 * is no HTTP, a head that is too long, a version that nobody speaks.
 */
final class RefusedRequests implements RequestLog {
  private final ProxyServlet proxy;

  RefusedRequests(ProxyServlet proxy) {
    this.proxy = proxy;
  }

  @Override
  public void log(Request request, Response response) {
    if (RequestsUnderWay.has(request)) {
      return; // The proxy writes its line.
    }
    ConnectionMetaData connection = request.getConnectionMetaData();
    HeaderFields fields = new HeaderFields();
    for (HttpField field : response.getHeaders()) {
      fields.add(field.getName(), String.valueOf(field.getValue()));
    }
    proxy.refused(
        new RefusedRequest(
            line(request),
            address(connection.getRemoteSocketAddress()),
            address(connection.getLocalSocketAddress()),
            connection.isSecure() ? "https" : "http",
            response.getStatus(),
            fields,
            Response.getContentBytesWritten(response)));
  }

  private static String line(Request request) {
    return request.getConnectionMetaData().getConnection() instanceof Http1Connection http1
        ? http1.refusedLine()
        : request.getMethod() + " " + request.getHttpURI().getPathQuery() + " HTTP/2.0";
  }

  private static InetSocketAddress address(SocketAddress address) {
    return address instanceof InetSocketAddress inet
        ? inet
        : InetSocketAddress.createUnresolved("", 0);
  }
}
