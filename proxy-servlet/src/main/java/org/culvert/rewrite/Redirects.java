package org.culvert.rewrite;

import org.culvert.http.IpAddresses;
import org.culvert.http.UriEscaping;
import org.culvert.variable.RequestFacts;

/**
 * The Location of redirects.
 *
 * @param absolute {@code absolute_redirect}: one that begins with "/" gets scheme, host and port
 * @param withPort {@code port_in_redirect}
 * @param serverName {@code server_name_in_redirect}: the host is the server's first name instead of
 *     the request's
 */
public record Redirects(boolean absolute, boolean withPort, boolean serverName) {

  /** Whether a status carries a Location when {@code return} or {@code error_page} makes it. */
  public static boolean isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  }

  /**
   * A Location that begins with "/" becomes absolute, {@code scheme://host[:port]/…}: the host is
   * the request's or the server's, or the address that the request came to where there is none; the
   * port is the one that it came to, left out where it is the scheme's own. Anything else stays as
   * it is (nginx, {@code ngx_http_header_filter}).
   */
  public String location(String location, RequestFacts facts) {
    if (!absolute || !location.startsWith("/")) {
      return location;
    }
    var connection = facts.connection();
    String scheme = connection.scheme();
    String host = serverName ? facts.serverName() : facts.requestHost();
    if (host.isEmpty()) {
      String address = IpAddresses.text(connection.local());
      host = address.contains(":") ? "[" + address + "]" : address;
    }
    int port = connection.local().getPort();
    boolean usual = port == 0 || port == (scheme.equals("https") ? 443 : 80);
    return scheme + "://" + host + (usual || !withPort ? "" : ":" + port) + location;
  }

  /**
   * The Location of a redirect that is Culvert's own, to a path of the application with a final
   * slash: escaped, below the context path, with the request's arguments.
   */
  public static String toPath(String path, RequestFacts facts) {
    String query = facts.target().query();
    String location = facts.contextPath() + UriEscaping.path(path);
    return query == null || query.isEmpty() ? location : location + "?" + query;
  }
}
