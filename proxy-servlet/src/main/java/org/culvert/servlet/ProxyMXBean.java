package org.culvert.servlet;

import java.util.Date;
import org.jspecify.annotations.Nullable;

/**
 * What a web application's proxy offers to management (JMX): {@code
 * org.culvert:type=Proxy,host="…",context="/…",servlet=…}. The launcher has nginx's signals
 * instead.
 */
public interface ProxyMXBean {
  /** The configuration file. */
  String getConfigurationFile();

  /** When the configuration at work was read. */
  Date getConfigured();

  /** Why the last reload changed nothing, with file and line; null where it did not fail. */
  @Nullable String getLastError();

  /**
   * Reads the configuration again and puts it to work for the requests from now on; what is under
   * way ends with the old one.
   *
   * @throws IllegalStateException with nginx's message, file and line; then nothing has changed
   */
  void reload();

  /** Opens the access logs anew by their names, after a log rotation: nginx's USR1. */
  void reopenLogs();
}
