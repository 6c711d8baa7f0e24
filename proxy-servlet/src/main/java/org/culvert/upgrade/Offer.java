package org.culvert.upgrade;

import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.culvert.exchange.ProxySettings;
import org.culvert.exchange.ProxySettings.SetHeader;
import org.culvert.exchange.ProxySettings.WebSocketMode;
import org.culvert.http.FieldValues;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * What a request says about an upgrade, in this location: to WebSocket, or to what else the
 * location names ({@code proxy_upgrade_protocols}). Nothing is sent to a backend before the offer
 * is known to be {@link Wanted}. Source: RFC 6455, section 4.2.1.
 */
public sealed interface Offer {
  /**
   * The request is plain HTTP: it asks for no upgrade, or the location forwards none. It goes on
   * without {@code Upgrade}, {@code HTTP2-Settings} and the {@code upgrade} option, whatever {@code
   * proxy_set_header} says.
   */
  record NotWanted() implements Offer {}

  /**
   * The handshake breaks RFC 6455 and is answered by the proxy.
   *
   * @param status 400 or 426
   * @param fields what belongs to the answer
   * @param reason for the log
   */
  record Refused(int status, HeaderFields fields, String reason) implements Offer {}

  /**
   * A WebSocket or another protocol is to be dialled.
   *
   * @param protocol its name in lower case
   * @param subprotocols what the client offers, in its order
   */
  record Wanted(String protocol, List<String> subprotocols) implements Offer {
    /** Whether its messages could be relayed. */
    public boolean isWebSocket() {
      return protocol.equals(WEBSOCKET);
    }
  }

  /** The protocol of RFC 6455. */
  String WEBSOCKET = "websocket";

  /**
   * Reads the offer.
   *
   * @param head the client's head; an extended CONNECT is presented as GET with {@code Upgrade:
   *     websocket} and {@code Connection: upgrade} (RFC 8441, section 4)
   * @param settings the location's
   * @param scope for the location's {@code Upgrade} and {@code Connection}
   */
  static Offer of(RequestHead head, ProxySettings settings, Scope scope) {
    String protocol = protocol(head, settings);
    if (protocol == null || !isForwarded(settings, scope)) {
      return new NotWanted();
    }
    HeaderFields fields = head.fields();
    String length = fields.first("Content-Length");
    if (fields.contains("Transfer-Encoding")
        || (length != null && !length.chars().allMatch(c -> c == '0'))) {
      return bad("a handshake for " + protocol + " with a body");
    }
    return protocol.equals(WEBSOCKET) ? webSocket(head) : new Wanted(protocol, List.of());
  }

  private static Offer webSocket(RequestHead head) {
    HeaderFields fields = head.fields();
    if (!fields.all("Sec-WebSocket-Version").equals(List.of("13"))) {
      HeaderFields supported =
          HeaderFields.of(
              "Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Version", "13");
      return new Refused(
          426, supported, "WebSocket version \"" + fields.joined("Sec-WebSocket-Version") + '"');
    }
    boolean needsKey = head.protocol().equals("HTTP/1.1"); // RFC 8441, section 5: none in HTTP/2
    if (needsKey && !isKey(fields.all("Sec-WebSocket-Key"))) {
      return bad("WebSocket key \"" + fields.joined("Sec-WebSocket-Key") + '"');
    }
    String subprotocols = fields.joined("Sec-WebSocket-Protocol");
    return new Wanted(
        WEBSOCKET, subprotocols == null ? List.of() : FieldValues.tokens(subprotocols));
  }

  private static Refused bad(String reason) {
    return new Refused(400, new HeaderFields(), reason);
  }

  /** The first that the client asks for, rightly or not, and the location names; or null. */
  private static @Nullable String protocol(RequestHead head, ProxySettings settings) {
    if (head.protocol().equals("HTTP/1.0")
        || head.protocol().equals("HTTP/0.9")
        || !head.fields().hasToken("Connection", "upgrade")) {
      return null;
    }
    boolean tunnel = settings.webSocket().tunnels();
    String asked = head.fields().joined("Upgrade");
    for (String token : FieldValues.tokens(asked == null ? "" : asked)) {
      String protocol = token.toLowerCase(Locale.ROOT);
      boolean possible =
          protocol.equals(WEBSOCKET)
              ? head.method().equals("GET")
              : tunnel && head.protocol().equals("HTTP/1.1");
      if (possible && settings.upgradeProtocols().contains(protocol)) {
        return protocol;
      }
    }
    return null;
  }

  /** Whether the location forwards upgrades: nginx's way, by what it sends, or by our directive. */
  private static boolean isForwarded(ProxySettings settings, Scope scope) {
    if (settings.webSocket() != WebSocketMode.BY_HEADERS) {
      return settings.webSocket() != WebSocketMode.OFF;
    }
    boolean upgrade = false;
    boolean connection = false;
    for (SetHeader header : settings.request().setHeaders()) {
      if (header.name().equalsIgnoreCase("Upgrade")) {
        upgrade |= !header.value().evaluate(scope).isEmpty();
      } else if (header.name().equalsIgnoreCase("Connection")) {
        connection |=
            FieldValues.tokens(header.value().evaluate(scope)).stream()
                .anyMatch("upgrade"::equalsIgnoreCase);
      }
    }
    return upgrade && connection;
  }

  /** RFC 6455, section 4.1: 16 bytes in base64, once. */
  private static boolean isKey(List<String> keys) {
    if (keys.size() != 1 || keys.get(0).length() != 24) {
      return false;
    }
    try {
      return Base64.getDecoder().decode(keys.get(0)).length == 16;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
