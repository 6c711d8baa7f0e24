package org.culvert.tunnel;

/** A Close that the proxy adds to a tunnel (RFC 6455, sections 5.5.1 and 7.4.1). */
final class CloseFrame {
  static final int GOING_AWAY = 1001;
  static final int PROTOCOL_ERROR = 1002;
  static final int BAD_GATEWAY = 1014;

  private CloseFrame() {}

  /**
   * Its bytes.
   *
   * @param masked as a backend wants it; with zeros, for there is nothing to hide
   */
  static byte[] of(int code, boolean masked) {
    byte first = (byte) 0x88;
    byte high = (byte) (code >> 8);
    byte low = (byte) code;
    return masked
        ? new byte[] {first, (byte) 0x82, 0, 0, 0, 0, high, low}
        : new byte[] {first, 2, high, low};
  }
}
