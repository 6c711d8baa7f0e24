package org.culvert.servlet;

import java.util.Locale;
import org.culvert.directive.Configuration;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.HostName;
import org.culvert.http.Octets;
import org.culvert.http.RequestHead;
import org.culvert.http.RequestTarget;
import org.culvert.variable.RequestFacts;
import org.jspecify.annotations.Nullable;

/** Makes the facts of a request from what a front has received; the same for every front. */
final class ReceivedFacts {
  private ReceivedFacts() {}

  /**
   * The facts of a request.
   *
   * @throws GatewayFailure {@code BAD_REQUEST} when the target cannot be normalised or is not below
   *     the context path
   */
  static RequestFacts of(ReceivedRequest request, Configuration configuration)
      throws GatewayFailure {
    String rawUri = octets(request.path());
    String query = request.query() == null ? null : octets(request.query());
    String contextPath = octets(request.contextPath());
    if (!rawUri.startsWith(contextPath)) {
      throw new GatewayFailure(
          GatewayFailure.Kind.BAD_REQUEST,
          "\"" + rawUri + "\" spells the context path \"" + contextPath + "\" differently");
    }
    String below = rawUri.substring(contextPath.length());
    String target = withQuery(below.isEmpty() ? "/" : below, query);
    ReceivedFields received = ReceivedFields.of(request, configuration);
    HeaderFields fields = received.fields();
    String method = request.method();
    if (isWebSocketConnect(method, request.protocol(), fields.contains("Sec-WebSocket-Version"))) {
      method = "GET";
      fields.set("Upgrade", "websocket").set("Connection", "upgrade");
    }
    String hostField = fields.first("Host");
    if (hostField == null && isHttp2(request.protocol())) {
      hostField = authority(request);
      fields.add("Host", hostField);
    }
    for (String host : fields.all("Host")) {
      HostName.of(host);
    }
    String authority = authorityOfLine(request.line());
    String host =
        authority != null ? HostName.of(authority) : hostField == null ? "" : host(request);
    return new RequestFacts(
        new RequestHead(method, target, request.protocol(), fields),
        RequestTarget.parse(target, received.byDefault().mergeSlashes()),
        request.connection(),
        contextPath,
        user(request),
        host,
        contextPath.isEmpty() ? target : withQuery(rawUri, query));
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
  static RequestFacts unreadable(ReceivedRequest request, Configuration configuration) {
    String uri = withQuery(request.path(), request.query());
    return new RequestFacts(
        new RequestHead(
            request.method(),
            uri,
            request.protocol(),
            ReceivedFields.of(request, configuration).fields()),
        RequestTarget.internal("/"),
        request.connection(),
        request.contextPath(),
        null,
        "",
        uri);
  }

  /**
   * Whether a request is an HTTP/2 extended CONNECT for WebSocket (RFC 8441, section 4). The
   * servlet API does not show {@code :protocol}; the version field, which only a WebSocket
   * handshake has, stands for it.
   */
  static boolean isWebSocketConnect(String method, String protocol, boolean hasVersion) {
    return hasVersion && "CONNECT".equals(method) && isHttp2(protocol);
  }

  private static boolean isHttp2(String protocol) {
    return protocol.startsWith("HTTP/2");
  }

  private static @Nullable String user(ReceivedRequest request) {
    String user = request.user();
    return user == null ? null : Octets.of(user);
  }

  private static String withQuery(String path, @Nullable String query) {
    return query == null ? path : path + "?" + query;
  }

  /** Host and port of a target in absolute form, which may be no others' than that; else null. */
  private static @Nullable String authorityOfLine(@Nullable String line) throws GatewayFailure {
    if (line == null || !line.contains("://")) {
      return null;
    }
    String target = line.substring(line.indexOf(' ') + 1);
    int end = target.indexOf(' ');
    target = octets(end < 0 ? target : target.substring(0, end));
    return target.startsWith("/") ? null : RequestTarget.parse(target).authority();
  }

  private static String authority(ReceivedRequest request) {
    boolean standard = request.port() == (request.connection().scheme().equals("https") ? 443 : 80);
    return standard ? String.valueOf(request.host()) : request.host() + ":" + request.port();
  }

  /** nginx's order for {@code $host}: the request line's host, the Host field, else nothing. */
  private static String host(ReceivedRequest request) {
    String name = request.host();
    if (name == null) {
      return "";
    }
    String host = name.toLowerCase(Locale.ROOT);
    if (host.indexOf(':') >= 0 && !host.startsWith("[")) {
      host = "[" + host + "]";
    }
    return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
  }
}
