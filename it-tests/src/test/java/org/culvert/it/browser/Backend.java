package org.culvert.it.browser;

import java.nio.file.Path;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ContextHandler;

/** The samples, on a Jetty in this JVM that can be stopped and started again at the same port. */
final class Backend implements AutoCloseable {
  private static final String WEB_APP = "org.eclipse.jetty.ee10.webapp.WebAppContext";

  private final String contextPath;
  private Server server;
  private int port;

  /** Starts it at a free port. */
  Backend(String contextPath) throws Exception {
    this.contextPath = contextPath;
    start();
  }

  int port() {
    return port;
  }

  /** Starts it, at the port that it had before. */
  void start() throws Exception {
    server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    connector.setPort(port);
    server.addConnector(connector);
    // By name: no Jetty of a certain EE level is on the class path that the tests compile with.
    Class<?> type = Class.forName(WEB_APP);
    ContextHandler samples = (ContextHandler) type.getConstructor().newInstance();
    samples.setContextPath(contextPath);
    type.getMethod("setWar", String.class)
        .invoke(samples, Path.of(System.getProperty("culvert.samples.war")).toString());
    type.getMethod("setThrowUnavailableOnStartupException", boolean.class).invoke(samples, true);
    server.setHandler(samples);
    server.start();
    port = connector.getLocalPort();
  }

  /** Stops it, and with it all its connections. */
  void stop() throws Exception {
    server.stop();
  }

  @Override
  public void close() throws Exception {
    stop();
  }
}
