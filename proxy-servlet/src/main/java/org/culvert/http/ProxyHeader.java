package org.culvert.http;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the header of the PROXY protocol tells of a connection that somebody passed on (HAProxy's
 * "The PROXY protocol", versions 1 and 2).
 *
 * @param sourceAddress who connected there, as nginx prints it; version 1's is as it was sent
 * @param sourcePort his port
 * @param serverAddress the address that he connected to
 * @param serverPort its port
 * @param tlvs what version 2 adds, type, length and value after another, as octets
 */
public record ProxyHeader(
    String sourceAddress, int sourcePort, String serverAddress, int serverPort, String tlvs) {
  private static final int SSL = 0x20;

  /** The flags of the client's TLS and the outcome of its verification. */
  private static final int SSL_FIXED = 5;

  private static final Map<String, Integer> TYPES =
      Map.of("alpn", 1, "authority", 2, "unique_id", 5, "ssl", SSL, "netns", 0x30);
  private static final Map<String, Integer> SSL_TYPES =
      Map.of("version", 0x21, "cn", 0x22, "cipher", 0x23, "sig_alg", 0x24, "key_alg", 0x25);

  /**
   * The value of {@code $proxy_protocol_tlv_NAME}, octets.
   *
   * @param name nginx's name, or {@code 0x} and the type in hexadecimal; with {@code ssl_} before
   *     it one of the client's TLS
   * @return null where the header has none
   */
  public @Nullable String value(String name) {
    if (!name.startsWith("ssl_")) {
      return find(tlvs, type(name, TYPES));
    }
    String ssl = find(tlvs, SSL);
    if (ssl == null || ssl.length() < SSL_FIXED) {
      return null;
    }
    String of = name.substring(4);
    if (of.equals("verify")) {
      long outcome = (long) number(ssl, 1) << 16 | number(ssl, 3);
      return Long.toString(outcome);
    }
    return find(ssl.substring(SSL_FIXED), type(of, SSL_TYPES));
  }

  private static int type(String name, Map<String, Integer> types) {
    if (!name.startsWith("0x")) {
      return types.getOrDefault(name, -1);
    }
    try {
      return Integer.parseUnsignedInt(name, 2, name.length(), 16);
    } catch (NumberFormatException notHexadecimal) {
      return -1;
    }
  }

  private static @Nullable String find(String tlvs, int type) {
    int at = 0;
    while (at + 3 <= tlvs.length()) {
      int length = number(tlvs, at + 1);
      int end = at + 3 + length;
      if (end > tlvs.length()) {
        return null;
      }
      if (tlvs.charAt(at) == type) {
        return tlvs.substring(at + 3, end);
      }
      at = end;
    }
    return null;
  }

  private static int number(String octets, int at) {
    return octets.charAt(at) << 8 | octets.charAt(at + 1);
  }
}
