package org.culvert.upgrade;

/** Status codes of a Close (RFC 6455, section 7.4, and the IANA registry). */
final class CloseCodes {
  static final int NORMAL = 1000;
  static final int GOING_AWAY = 1001;
  static final int PROTOCOL_ERROR = 1002;
  static final int INVALID_DATA = 1007;
  static final int NONE = 1005;
  static final int BAD_GATEWAY = 1014;

  private CloseCodes() {}

  /** Whether a Close frame may carry it: never 1004, 1005, 1006, 1015 and what nobody defined. */
  static boolean maySend(int code) {
    return (code >= 1000 && code <= 1003)
        || (code >= 1007 && code <= 1014)
        || (code >= 3000 && code <= 4999);
  }
}
