package org.culvert.launcher;

/** Why the launcher cannot start, or take a new configuration: an {@code [emerg]} of nginx's. */
final class LaunchException extends Exception {
  private static final long serialVersionUID = 1L;

  /** With nginx's message, without the level. */
  LaunchException(String message) {
    super(message);
  }

  /** With nginx's message, without the level, and what made it. */
  LaunchException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The message, never null. */
  String text() {
    return String.valueOf(getMessage());
  }
}
