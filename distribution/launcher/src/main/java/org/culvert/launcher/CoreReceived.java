package org.culvert.launcher;

import org.culvert.http.ClientConnection;
import org.culvert.http.HeaderFields;
import org.culvert.servlet.ReceivedRequest;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** A request as Jetty's core shows it. */
final class CoreReceived implements ReceivedRequest {
  private final Request request;

  CoreReceived(Request request) {
    this.request = request;
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
  public @Nullable String line() {
    Http1Connection http1 = Http1Connection.of(request);
    return http1 == null ? null : http1.sentLine();
  }

  @Override
  public String protocol() {
    // A request line without a version has none.
    return request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_0_9
        ? ""
        : request.getConnectionMetaData().getProtocol();
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
    return CoreConnection.of(request);
  }
}
