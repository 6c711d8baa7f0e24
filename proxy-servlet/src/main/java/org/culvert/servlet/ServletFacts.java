package org.culvert.servlet;

import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Collections;
import java.util.Locale;
import java.util.regex.Pattern;
import org.culvert.http.ClientConnection;
import org.culvert.http.FieldNames;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.HostName;
import org.culvert.http.Octets;
import org.culvert.http.RequestHead;
import org.culvert.http.RequestTarget;
import org.culvert.variable.RequestFacts;
import org.jspecify.annotations.Nullable;

/**
 * Reads everything that Culvert wants to know of a request from the servlet API, once, in the
 * REQUEST dispatch: afterwards, in async, the container may already have recycled the request.
 */
final class ServletFacts {
  /**
   * Only what looks like an address is given to {@link InetAddress}, so no name service is asked.
   */
  private static final Pattern LITERAL = Pattern.compile("\\[?[0-9a-fA-F.:]+(%[^]]+)?]?");

  private ServletFacts() {}

  /**
   * The facts of a request.
   *
   * @throws GatewayFailure {@code BAD_REQUEST} when the target cannot be normalised or is not below
   *     the context path
   */
  static RequestFacts of(HttpServletRequest request) throws GatewayFailure {
    String rawUri = octets(request.getRequestURI());
    String query = request.getQueryString() == null ? null : octets(request.getQueryString());
    String contextPath = octets(request.getContextPath());
    if (!rawUri.startsWith(contextPath)) {
      throw new GatewayFailure(
          GatewayFailure.Kind.BAD_REQUEST,
          "\"" + rawUri + "\" spells the context path \"" + contextPath + "\" differently");
    }
    String below = rawUri.substring(contextPath.length());
    String target = withQuery(below.isEmpty() ? "/" : below, query);
    HeaderFields fields = fields(request);
    String method = request.getMethod();
    boolean extendedConnect = isWebSocketConnect(request);
    if (extendedConnect) {
      method = "GET";
      fields.set("Upgrade", "websocket").set("Connection", "upgrade");
    }
    if (!fields.contains("Host") && isHttp2(request)) {
      fields.add("Host", authority(request));
    }
    for (String host : fields.all("Host")) {
      HostName.of(host);
    }
    return new RequestFacts(
        new RequestHead(method, target, request.getProtocol(), fields),
        RequestTarget.parse(target),
        connection(request),
        contextPath,
        user(request),
        host(request, fields),
        withQuery(rawUri, query));
  }

  /**
   * Bytes beyond ASCII that a client did not escape: Jetty has decoded them as UTF-8 (Tomcat
   * refuses them), so what was no UTF-8 is lost.
   */
  private static String octets(String target) throws GatewayFailure {
    if (target.indexOf('\ufffd') >= 0) {
      throw new GatewayFailure(
          GatewayFailure.Kind.BAD_REQUEST,
          "request target with bytes that are neither escaped nor UTF-8: \"" + target + "\"");
    }
    return Octets.of(target);
  }

  /** What is left to know of a request that {@link #of} refused: enough to answer and log it. */
  static RequestFacts unreadable(HttpServletRequest request) {
    String uri = withQuery(request.getRequestURI(), request.getQueryString());
    return new RequestFacts(
        new RequestHead(request.getMethod(), uri, request.getProtocol(), fields(request)),
        RequestTarget.internal("/"),
        connection(request),
        request.getContextPath(),
        null,
        "",
        uri);
  }

  /**
   * Whether the request is an HTTP/2 extended CONNECT for WebSocket (RFC 8441, section 4). The
   * servlet API does not show {@code :protocol}; the version field, which only a WebSocket
   * handshake has, stands for it.
   */
  static boolean isWebSocketConnect(HttpServletRequest request) {
    return "CONNECT".equals(request.getMethod())
        && isHttp2(request)
        && request.getHeader("Sec-WebSocket-Version") != null;
  }

  private static boolean isHttp2(HttpServletRequest request) {
    return request.getProtocol().startsWith("HTTP/2");
  }

  private static @Nullable String user(HttpServletRequest request) {
    String user = request.getRemoteUser();
    return user == null ? null : Octets.of(user);
  }

  private static String withQuery(String path, @Nullable String query) {
    return query == null ? path : path + "?" + query;
  }

  private static HeaderFields fields(HttpServletRequest request) {
    HeaderFields fields = new HeaderFields();
    for (String name : Collections.list(request.getHeaderNames())) {
      for (String value : Collections.list(request.getHeaders(name))) {
        fields.add(name, value);
      }
    }
    FieldNames.dropInvalid(fields);
    return fields;
  }

  private static String authority(HttpServletRequest request) {
    int port = request.getServerPort();
    boolean standard = port == (request.isSecure() ? 443 : 80);
    return standard ? request.getServerName() : request.getServerName() + ":" + port;
  }

  /** nginx's order for {@code $host}: the request line's host, the Host field, else nothing. */
  private static String host(HttpServletRequest request, HeaderFields fields) {
    if (!fields.contains("Host")) {
      return "";
    }
    String name = request.getServerName();
    if (name == null) {
      return "";
    }
    String host = name.toLowerCase(Locale.ROOT);
    if (host.indexOf(':') >= 0 && !host.startsWith("[")) {
      host = "[" + host + "]";
    }
    return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
  }

  private static ClientConnection connection(HttpServletRequest request) {
    return new ClientConnection(
        address(request.getRemoteAddr(), request.getRemotePort()),
        address(request.getLocalAddr(), request.getLocalPort()),
        request.isSecure() ? "https" : "http",
        connectionNumber(request.getServletConnection().getConnectionId()),
        ConnectionRequests.of(request));
  }

  /**
   * Containers name connections as they like, nginx numbers them: Tomcat's name is a number, that
   * of Jetty's HTTP/1 ends with one.
   */
  private static long connectionNumber(@Nullable String id) {
    if (id == null) {
      return 0;
    }
    try {
      int mark = id.lastIndexOf('#');
      return mark < 0
          ? Long.parseUnsignedLong(id, 16)
          : Long.parseUnsignedLong(id, mark + 1, id.length(), 10);
    } catch (NumberFormatException notANumber) {
      return Integer.toUnsignedLong(id.hashCode());
    }
  }

  private static InetSocketAddress address(@Nullable String literal, int port) {
    int safePort = Math.max(0, Math.min(port, 65535));
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
