package org.culvert.exchange;

import org.culvert.upstream.UpstreamSettings;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/** Where {@code proxy_pass} sends a request, and with which URI. */
public sealed interface ProxyPass {
  /**
   * A target without variables.
   *
   * @param scheme "http" or "https"
   * @param host what {@code $proxy_host} is: name, and port where it is not the scheme's default;
   *     "localhost" for a Unix domain socket
   * @param port {@code $proxy_port}; 0 for a Unix domain socket
   * @param upstream its peers
   * @param uri the URI part, starting with "/", which replaces the location's prefix; null forwards
   *     the client's own raw URI
   * @param prefix the location's prefix that {@code uri} replaces; "" in a regex location
   */
  record Fixed(
      String scheme,
      String host,
      int port,
      UpstreamSettings upstream,
      @Nullable String uri,
      String prefix)
      implements ProxyPass {}

  /**
   * A target with variables: evaluated for each request to {@code scheme://host[:port][/uri]}. The
   * URI, where there is one, is sent as it is; where there is none, the client's.
   *
   * @param url the whole text
   */
  record Variable(Template url) implements ProxyPass {}
}
