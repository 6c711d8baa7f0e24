package org.culvert.observe;

/** The log formats that are there without being defined. */
public final class LogFormats {
  /** {@code combined}: the format of an {@code access_log} that names none. */
  public static final String COMBINED =
      "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent"
          + " \"$http_referer\" \"$http_user_agent\"";

  private LogFormats() {}
}
