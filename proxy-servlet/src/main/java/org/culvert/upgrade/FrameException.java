package org.culvert.upgrade;

/** What a peer sent is no WebSocket as RFC 6455 has it; the connection is to be failed. */
final class FrameException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int code;
  private final String what;

  /**
   * A breach.
   *
   * @param code of the Close that answers it: 1002 or 1007
   */
  FrameException(int code, String what) {
    super(what);
    this.code = code;
    this.what = what;
  }

  int code() {
    return code;
  }

  String what() {
    return what;
  }
}
