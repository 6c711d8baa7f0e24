package org.culvert.it.container;

import java.nio.file.Files;
import java.nio.file.Path;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ContextHandler;
import org.eclipse.jetty.server.handler.ContextHandlerCollection;

/**
 * Jetty 12.0 or 12.1. {@code WebAppContext} is loaded by name, so that one source serves every
 * Jetty and EE level; all that is not set here is as in {@code jetty-home}.
 */
final class JettyContainer extends EmbeddedContainer<ContextHandler> {
  private static final String WEB_APP = "org.eclipse.jetty.ee10.webapp.WebAppContext";

  private final Server server = new Server();
  private final ContextHandlerCollection contexts = new ContextHandlerCollection();

  @Override
  int launch(Path work) throws Exception {
    HttpConfiguration http = new HttpConfiguration();
    ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
    // on a port of its own: where both are, Jetty itself answers an upgrade to h2c
    ServerConnector http2 = new ServerConnector(server, new HTTP2CServerConnectionFactory(http));
    for (ServerConnector one : new ServerConnector[] {connector, http2}) {
      one.setHost("127.0.0.1");
      one.setIdleTimeout(120_000);
      server.addConnector(one);
    }
    server.setHandler(contexts);
    server.start();
    Running.http2Port = http2.getLocalPort();
    return connector.getLocalPort();
  }

  @Override
  void halt() throws Exception {
    server.stop();
  }

  @Override
  ContextHandler deploy(String contextPath, Path directory) throws Exception {
    Class<?> type = Class.forName(WEB_APP);
    ContextHandler context = (ContextHandler) type.getConstructor().newInstance();
    context.setContextPath(contextPath.isEmpty() ? "/" : contextPath);
    type.getMethod("setWar", String.class).invoke(context, directory.toString());
    type.getMethod("setThrowUnavailableOnStartupException", boolean.class).invoke(context, true);
    context.setTempDirectory(Files.createTempDirectory(Running.work(), "tmp").toFile());
    contexts.addHandler(context);
    try {
      context.start();
    } catch (Exception e) {
      contexts.removeHandler(context);
      throw e;
    }
    return context;
  }

  @Override
  void undeploy(ContextHandler context) throws Exception {
    context.stop();
    contexts.removeHandler(context);
  }
}
