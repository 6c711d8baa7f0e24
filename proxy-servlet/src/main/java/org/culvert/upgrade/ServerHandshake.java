package org.culvert.upgrade;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import org.culvert.http.FieldValues;
import org.culvert.http.HeaderFields;
import org.culvert.tunnel.FrameMeter;
import org.jspecify.annotations.Nullable;

/**
 * What a backend's 101 may say, by what it was asked (RFC 6455, section 4.1; RFC 9110, section
 * 7.8).
 *
 * @param protocol the protocol; of another than WebSocket nothing more is known
 * @param key the key that was sent
 * @param subprotocols those that were offered
 * @param extensions the names of those that were offered
 */
record ServerHandshake(
    String protocol, String key, List<String> subprotocols, List<String> extensions) {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  /** A key of the proxy's own. */
  static String newKey() {
    byte[] bytes = new byte[16];
    RANDOM.nextBytes(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** What is wrong with the fields of a 101, or null. */
  @Nullable String wrong(HeaderFields fields) {
    boolean webSocket = protocol.equals(Offer.WEBSOCKET);
    if (webSocket && !fields.all("Sec-WebSocket-Accept").equals(List.of(accept(key)))) {
      return "Sec-WebSocket-Accept \"" + fields.joined("Sec-WebSocket-Accept") + '"';
    }
    if (!fields.hasToken("Upgrade", protocol) || !fields.hasToken("Connection", "upgrade")) {
      return "Upgrade \""
          + fields.joined("Upgrade")
          + "\" and Connection \""
          + fields.joined("Connection")
          + '"';
    }
    return webSocket ? wrongChoice(fields) : null;
  }

  private @Nullable String wrongChoice(HeaderFields fields) {
    String accepted = fields.joined("Sec-WebSocket-Extensions");
    if (accepted != null && !extensions.containsAll(names(accepted))) {
      return "the extension \"" + accepted + "\", which was not offered";
    }
    List<String> chosen = fields.all("Sec-WebSocket-Protocol");
    if (chosen.size() > 1 || (chosen.size() == 1 && !subprotocols.containsAll(chosen))) {
      return "the subprotocol \"" + String.join(", ", chosen) + "\", which was not offered";
    }
    return null;
  }

  /** The names in a {@code Sec-WebSocket-Extensions}, without their parameters. */
  static List<String> names(@Nullable String extensions) {
    if (extensions == null) {
      return List.of();
    }
    return FieldValues.tokens(extensions).stream()
        .map(extension -> extension.split(";", 2)[0].strip())
        .toList();
  }

  /** What the extensions of a 101 leave to the frames. */
  static FrameMeter.ReservedBits reservedBits(HeaderFields fields) {
    List<String> accepted = names(fields.joined("Sec-WebSocket-Extensions"));
    if (accepted.isEmpty()) {
      return FrameMeter.ReservedBits.NONE;
    }
    return accepted.equals(List.of("permessage-deflate"))
        ? FrameMeter.ReservedBits.DEFLATE
        : FrameMeter.ReservedBits.ANY;
  }

  /** The {@code Sec-WebSocket-Accept} that fits a key. */
  static String accept(String key) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-1")
              .digest((key + MAGIC).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }
}
