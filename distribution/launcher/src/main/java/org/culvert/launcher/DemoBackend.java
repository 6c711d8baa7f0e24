package org.culvert.launcher;

import java.nio.file.Files;
import java.nio.file.Path;
import org.eclipse.jetty.ee11.annotations.AnnotationConfiguration;
import org.eclipse.jetty.ee11.webapp.WebAppContext;
import org.eclipse.jetty.ee11.websocket.jakarta.server.config.JakartaWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** The demo's backend: a WAR on a Jetty of its own, as it might run on another machine. */
final class DemoBackend {
  /** Where {@link AnnotationConfiguration} reads which initializers it leaves alone. */
  private static final String LEFT_ALONE = "org.eclipse.jetty.containerInitializerExclusionPattern";

  private final Server server;

  private DemoBackend(Server server) {
    this.server = server;
  }

  /** Deploys the WAR at {@code /}. */
  static DemoBackend start(Path war, int port, Path folder) throws Exception {
    if (!Files.exists(war)) {
      throw new LaunchException("the samples are missing: " + war);
    }
    QueuedThreadPool threads = new QueuedThreadPool();
    threads.setName("backend");
    Server server = new Server(threads);
    ServerConnector connector = new ServerConnector(server, 1, -1);
    connector.setHost("127.0.0.1");
    connector.setPort(port);
    server.addConnector(connector);

    WebAppContext context = new WebAppContext();
    context.setWar(war.toString());
    context.setContextPath("/");
    context.setTempDirectory(Files.createDirectory(folder.resolve("backend")).toFile());
    context.addConfiguration(new AnnotationConfiguration());
    // Culvert's own is on the class path here; the backend must not become a proxy.
    context.setAttribute(LEFT_ALONE, "org\\.culvert\\..*");
    context.setThrowUnavailableOnStartupException(true);
    JakartaWebSocketServletContainerInitializer.configure(context, null);
    server.setHandler(context);
    server.start();
    return new DemoBackend(server);
  }

  /** Ends it. */
  void stop() throws Exception {
    server.stop();
  }
}
