package org.culvert.exchange;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.culvert.exchange.ProxySettings.SetHeader;
import org.culvert.http.FieldValues;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeadChecks;
import org.culvert.http.HeaderField;
import org.culvert.http.HeaderFields;
import org.culvert.http.HopByHop;
import org.culvert.http.RequestHead;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;

/**
 * The request rules: from the client's head to the one that a peer gets. Hop-by-hop fields (RFC
 * 9110, section 7.6.1), and those that the client's Connection names, are removed here and nowhere
 * else, before the location's own fields are added.
 */
public final class ForwardedRequest {
  private static final String HEX = "0123456789ABCDEF";

  private ForwardedRequest() {}

  /**
   * The head for a plain request. Says nothing of the body's length: the transport adds {@code
   * Content-Length} or {@code Transfer-Encoding} as the body is.
   *
   * @throws GatewayFailure where {@code proxy_method} evaluates to what is no method
   */
  public static RequestHead plain(ProxySettings settings, ProxyTarget target, Scope scope)
      throws GatewayFailure {
    HeaderFields fields = fields(settings, scope);
    // Not an upgrade, whatever the location's fields say.
    fields.remove("Upgrade");
    fields.remove("HTTP2-Settings");
    if (fields.hasToken("Connection", "upgrade")) {
      String rest =
          fields.all("Connection").stream()
              .flatMap(value -> FieldValues.tokens(value).stream())
              .filter(token -> !token.equalsIgnoreCase("upgrade"))
              .collect(Collectors.joining(", "));
      fields.remove("Connection");
      if (!rest.isEmpty()) {
        fields.add("Connection", rest);
      }
    }
    String protocol = "HTTP/" + settings.request().httpVersion();
    if (protocol.equals("HTTP/1.0") && !fields.contains("Connection")) {
      fields.add("Connection", "close");
    }
    return new RequestHead(
        method(settings, scope), target(settings, target, scope), protocol, fields);
  }

  /**
   * The head for an upgrade request: {@code Upgrade} and {@code Connection} as the location's
   * fields have them; the caller makes them what its protocol needs.
   */
  public static RequestHead upgrade(ProxySettings settings, ProxyTarget target, Scope scope) {
    String method = scope.get(RequestFacts.class).head().method(); // GET for a WebSocket.
    return new RequestHead(
        method, target(settings, target, scope), "HTTP/1.1", fields(settings, scope));
  }

  /**
   * The method that goes upstream ({@code proxy_method}). nginx sends whatever variables make of
   * it; what is no token could end the request line and begin a request of the client's own.
   */
  private static String method(ProxySettings settings, Scope scope) throws GatewayFailure {
    var configured = settings.request().method();
    if (configured == null) {
      return scope.get(RequestFacts.class).head().method();
    }
    String method = configured.evaluate(scope);
    if (!HeadChecks.isToken(method)) {
      throw new GatewayFailure(
          GatewayFailure.Kind.INTERNAL,
          "invalid method \"" + method + "\" in \"proxy_method " + configured.source() + "\"");
    }
    return method;
  }

  private static HeaderFields fields(ProxySettings settings, Scope scope) {
    List<SetHeader> set = settings.request().setHeaders();
    HeaderFields result = new HeaderFields();
    for (SetHeader header : set) {
      String value = header.value().evaluate(scope);
      // The body's framing is the transport's to say.
      boolean framing =
          header.name().equalsIgnoreCase("Content-Length")
              || header.name().equalsIgnoreCase("Transfer-Encoding");
      if (!value.isEmpty() && !framing) {
        result.add(header.name(), clean(value));
      }
    }
    if (settings.request().passHeaders()) {
      HeaderFields client = new HeaderFields(scope.get(RequestFacts.class).head().fields());
      HopByHop.strip(client);
      for (HeaderField field : client) {
        if (!isOurs(field) && !isSet(set, field)) {
          result.add(field);
        }
      }
    }
    return result;
  }

  /** Said anew by whoever sends: the target's host, the body's framing; Expect is answered here. */
  private static boolean isOurs(HeaderField field) {
    return field.is("Host") || field.is("Content-Length") || field.is("Expect");
  }

  private static boolean isSet(List<SetHeader> set, HeaderField field) {
    for (int i = 0; i < set.size(); i++) {
      if (field.is(set.get(i).name())) {
        return true;
      }
    }
    return false;
  }

  /** A value that variables made must not end its line. */
  private static String clean(String value) {
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) <= ' ') {
        return value.replace('\r', ' ').replace('\n', ' ').replace('\0', ' ').strip();
      }
    }
    return value;
  }

  private static String target(ProxySettings settings, ProxyTarget target, Scope scope) {
    RequestFacts facts = scope.get(RequestFacts.class);
    String own = target.uri();
    if (own != null) {
      return printable(own);
    }
    if (!(settings.pass() instanceof ProxyPass.Fixed fixed)
        || fixed.uri() == null
        || facts.isRewrittenInPlace()) {
      return printable(facts.target().raw());
    }
    String query = facts.target().query();
    return printable(fixed.uri())
        + printable(facts.target().forwardedPath(fixed.prefix().length()))
        + (query == null ? "" : "?" + printable(query));
  }

  /** Escapes only what would end the request line or is not ASCII; the rest goes as it is. */
  static String printable(String target) {
    int i = 0;
    while (i < target.length() && target.charAt(i) > ' ' && target.charAt(i) < 0x7f) {
      i++;
    }
    if (i == target.length()) {
      return target;
    }
    StringBuilder escaped = new StringBuilder(target.length() + 16);
    for (byte b : target.getBytes(StandardCharsets.ISO_8859_1)) {
      if (b > ' ' && b < 0x7f) {
        escaped.append((char) b);
      } else {
        escaped.append('%').append(HEX.charAt((b >> 4) & 15)).append(HEX.charAt(b & 15));
      }
    }
    return escaped.toString();
  }
}
