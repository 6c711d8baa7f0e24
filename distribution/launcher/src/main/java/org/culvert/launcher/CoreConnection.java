package org.culvert.launcher;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import org.culvert.http.ClientConnection;
import org.culvert.http.Network;
import org.culvert.http.ProxyHeader;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** What Jetty's core knows of a client's connection. */
final class CoreConnection {
  private CoreConnection() {}

  /** A request's. */
  static ClientConnection of(Request request) {
    ConnectionMetaData connection = request.getConnectionMetaData();
    Http1Connection http1 = Http1Connection.of(request);
    return of(
        connection,
        http1 == null ? ClientConnection.number(connection.getId()) : http1.number(),
        connection.getConnection().getMessagesIn());
  }

  /**
   * One that a number is known of.
   *
   * @param requests how many came by it so far
   */
  static ClientConnection of(ConnectionMetaData connection, long number, long requests) {
    return new ClientConnection(
        address(connection.getRemoteSocketAddress()),
        address(connection.getLocalSocketAddress()),
        connection.isSecure() ? "https" : "http",
        number,
        requests,
        proxied(connection.getConnection().getEndPoint()));
  }

  private static @Nullable ProxyHeader proxied(EndPoint endPoint) {
    return ClientSockets.below(endPoint) instanceof ReadyEndPoint client ? client.proxied() : null;
  }

  /** An address as the proxy takes it; that of a Unix domain socket as nginx writes it. */
  static InetSocketAddress address(SocketAddress address) {
    if (address instanceof InetSocketAddress inet) {
      return inet;
    }
    return InetSocketAddress.createUnresolved(
        address instanceof UnixDomainSocketAddress unix ? Network.UNIX_NAME + unix.getPath() : "",
        0);
  }
}
