package org.culvert.launcher;

import org.culvert.http.ClientConnection;
import org.culvert.http.HeaderFields;
import org.culvert.servlet.ReceivedRequest;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** A request as Jetty's core shows it. */
final class CoreReceived implements ReceivedRequest {
  private final Request request;
  private final @Nullable Http1Connection http1;

  /**
   * A request.
   *
   * @param http1 null for HTTP/2
   */
  CoreReceived(Request request, @Nullable Http1Connection http1) {
    this.request = request;
    this.http1 = http1;
  }

  @Override
  public String method() {
    return request.getMethod();
  }

  @Override
  public String path() {
    return String.valueOf(request.getHttpURI().getPath());
  }

  @Override
  public @Nullable String query() {
    return request.getHttpURI().getQuery();
  }

  @Override
  public String protocol() {
    return request.getConnectionMetaData().getProtocol();
  }

  @Override
  public HeaderFields fields() {
    HeaderFields fields = new HeaderFields();
    for (HttpField field : request.getHeaders()) {
      String value = field.getValue();
      fields.add(field.getName(), value == null ? "" : value);
    }
    return fields;
  }

  @Override
  public @Nullable String host() {
    return Request.getServerName(request);
  }

  @Override
  public int port() {
    return Request.getServerPort(request);
  }

  @Override
  public ClientConnection connection() {
    ConnectionMetaData connection = request.getConnectionMetaData();
    return new ClientConnection(
        RefusedRequests.address(connection.getRemoteSocketAddress()),
        RefusedRequests.address(connection.getLocalSocketAddress()),
        request.isSecure() ? "https" : "http",
        http1 == null ? ClientConnection.number(connection.getId()) : http1.number(),
        connection.getConnection().getMessagesIn());
  }
}
