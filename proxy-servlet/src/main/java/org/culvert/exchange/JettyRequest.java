package org.culvert.exchange;

import java.net.URI;
import java.util.concurrent.TimeUnit;
import org.culvert.http.HeaderField;
import org.culvert.http.RequestHead;
import org.eclipse.jetty.client.transport.HttpConversation;
import org.eclipse.jetty.client.transport.HttpRequest;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * A request whose method and target go out as they are: Jetty's own would put the method in upper
 * case and take the target apart.
 */
class JettyRequest extends HttpRequest {
  private final String rawMethod;
  private final String rawTarget;

  /** A request that is never sent: it names a destination. */
  JettyRequest(JettyClient client, JettyOrigin origin) {
    this(
        client,
        origin,
        new RequestHead("GET", "/", "HTTP/1.1", new org.culvert.http.HeaderFields()));
  }

  JettyRequest(JettyClient client, JettyOrigin origin, RequestHead head) {
    super(client.http(), new HttpConversation(), uri(origin));
    this.rawMethod = head.method();
    this.rawTarget = writable(head.target());
    tag(origin);
    idleTimeout(0, TimeUnit.MILLISECONDS);
    version(head.protocol().equals("HTTP/1.0") ? HttpVersion.HTTP_1_0 : HttpVersion.HTTP_1_1);
    headers(fields -> fill(fields, head));
  }

  /**
   * Jetty parses what it writes, and where a path has escapes it trips over what is no escape in
   * the query: there, and only there, a "%" that begins none is escaped itself.
   */
  static String writable(String target) {
    int query = target.indexOf('?');
    if (query < 0 || target.lastIndexOf('%', query) < 0) {
      return target;
    }
    StringBuilder text = new StringBuilder(target.length()).append(target, 0, query);
    for (int i = query; i < target.length(); i++) {
      char c = target.charAt(i);
      text.append(c);
      if (c == '%' && !(hex(target, i + 1) && hex(target, i + 2))) {
        text.append("25");
      }
    }
    return text.toString();
  }

  private static boolean hex(String text, int at) {
    return at < text.length() && Character.digit(text.charAt(at), 16) >= 0;
  }

  private static void fill(HttpFields.Mutable fields, RequestHead head) {
    fields.clear();
    for (HeaderField field : head.fields()) {
      fields.add(new HttpField(field.name(), field.value()));
    }
  }

  /** The URI of an origin; a name that Java's URI does not like is replaced by the address. */
  static URI uri(JettyOrigin origin) {
    String authority = origin.scheme() + "://" + origin.name() + ":" + origin.address().getPort();
    try {
      URI uri = URI.create(authority);
      if (uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // The address below is one for certain.
    }
    String address = origin.address().getAddress().getHostAddress();
    String host = address.indexOf(':') < 0 ? address : "[" + address + "]";
    return URI.create(origin.scheme() + "://" + host + ":" + origin.address().getPort());
  }

  @Override
  public String getMethod() {
    return rawMethod == null ? super.getMethod() : rawMethod;
  }

  @Override
  public String getPath() {
    if (rawTarget == null) {
      return super.getPath();
    }
    return rawTarget;
  }

  @Override
  public @Nullable String getQuery() {
    return null;
  }

  @Override
  public @Nullable URI getURI() {
    return null;
  }
}
