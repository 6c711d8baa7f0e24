package org.culvert.it.container;

import java.nio.file.Path;

/** The container that runs in this JVM. */
public final class Running {
  static volatile int port;
  static volatile int http2Port;

  private Running() {}

  /** Its loopback port for HTTP/1.1. */
  public static int port() {
    if (port == 0) {
      throw new IllegalStateException("no container runs");
    }
    return port;
  }

  /** Its loopback port for HTTP/2 with prior knowledge; Jetty only. */
  public static int http2Port() {
    return http2Port;
  }

  /** Which one, as the failsafe execution is called: {@code tomcat-10.1}. */
  public static String name() {
    return System.getProperty("culvert.container", "none");
  }

  /** Whether it is a Tomcat. */
  public static boolean isTomcat() {
    return name().startsWith("tomcat");
  }

  /** Whether it is a Jetty. */
  public static boolean isJetty() {
    return name().startsWith("jetty");
  }

  /** Where this execution may write. */
  public static Path work() {
    return Path.of(System.getProperty("culvert.it.work"), name());
  }
}
