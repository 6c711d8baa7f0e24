package org.culvert.it.container;

import java.nio.file.Path;

/** The container that runs in this JVM. */
public final class Running {
  static volatile int port;

  private Running() {}

  /** Its loopback port: HTTP/1.1, on Jetty HTTP/2 with prior knowledge too. */
  public static int port() {
    if (port == 0) {
      throw new IllegalStateException("no container runs");
    }
    return port;
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
