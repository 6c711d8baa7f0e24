package org.culvert.servlet;

import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Enumeration;
import java.util.regex.Pattern;
import org.culvert.http.ClientConnection;
import org.culvert.http.HeaderFields;
import org.culvert.http.IpAddresses;
import org.jspecify.annotations.Nullable;

/** A request as the servlet API shows it in the REQUEST dispatch. */
final class ServletReceived implements ReceivedRequest {
  /**
   * Only what looks like an address is given to {@link InetAddress}, so no name service is asked.
   */
  private static final Pattern LITERAL = Pattern.compile("\\[?[0-9a-fA-F.:]+(%[^]]+)?]?");

  private final HttpServletRequest request;

  ServletReceived(HttpServletRequest request) {
    this.request = request;
  }

  @Override
  public String method() {
    return request.getMethod();
  }

  @Override
  public String path() {
    return request.getRequestURI();
  }

  @Override
  public @Nullable String query() {
    return request.getQueryString();
  }

  @Override
  public String protocol() {
    return request.getProtocol();
  }

  @Override
  public HeaderFields fields() {
    HeaderFields fields = new HeaderFields();
    for (Enumeration<String> names = request.getHeaderNames(); names.hasMoreElements(); ) {
      String name = names.nextElement();
      for (Enumeration<String> values = request.getHeaders(name); values.hasMoreElements(); ) {
        fields.add(name, values.nextElement());
      }
    }
    return fields;
  }

  @Override
  public @Nullable String host() {
    return request.getServerName();
  }

  @Override
  public int port() {
    return request.getServerPort();
  }

  @Override
  public String contextPath() {
    return request.getContextPath();
  }

  @Override
  public @Nullable String user() {
    return request.getRemoteUser();
  }

  @Override
  public String readPath() {
    String info = request.getPathInfo();
    String path = info == null ? request.getServletPath() : request.getServletPath() + info;
    return path.isEmpty() ? "/" : path;
  }

  @Override
  public ClientConnection connection() {
    if (request.getAttribute(ProxyServlet.CONNECTION) instanceof ClientConnection known) {
      return known;
    }
    return new ClientConnection(
        address(request.getRemoteAddr(), request.getRemotePort()),
        address(request.getLocalAddr(), request.getLocalPort()),
        request.isSecure() ? "https" : "http",
        ClientConnection.number(request.getServletConnection().getConnectionId()),
        ConnectionRequests.of(request));
  }

  private static InetSocketAddress address(@Nullable String literal, int port) {
    int safePort = Math.max(0, Math.min(port, 65535));
    InetAddress plain = literal == null ? null : IpAddresses.ipv4(literal);
    if (plain != null) {
      return new InetSocketAddress(plain, safePort);
    }
    if (literal != null && LITERAL.matcher(literal).matches()) {
      try {
        return new InetSocketAddress(InetAddress.getByName(literal), safePort);
      } catch (UnknownHostException notAnAddress) {
        // Fall through: the container told a name that only looks like an address.
      }
    }
    return InetSocketAddress.createUnresolved(literal == null ? "" : literal, safePort);
  }
}
