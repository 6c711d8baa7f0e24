package org.culvert.conf;

import org.jspecify.annotations.Nullable;

/**
 * A configuration that cannot be used. The message is in nginx's wording, without level and
 * position; {@link #located} is nginx's whole line less the level: {@code unknown directive "foo"
 * in /etc/nginx/nginx.conf:3}.
 */
public final class ConfigurationException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient @Nullable Position position;

  /** An error at a position; null where it concerns no line (a file that is not there). */
  public ConfigurationException(String message, @Nullable Position position) {
    super(Bytes.text(message));
    this.position = position;
  }

  /** Where, or null. */
  public @Nullable Position position() {
    return position;
  }

  /** The message and, where it concerns a line, {@code in file:line}. */
  public String located() {
    String message = String.valueOf(getMessage());
    return position == null ? message : message + " in " + position;
  }
}
