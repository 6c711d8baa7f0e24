package org.culvert.samples;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.apache.catalina.Context;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;

/** The samples, deployed on a Tomcat in this JVM at {@code /app}. */
final class Deployed implements AutoCloseable {
  private final Tomcat tomcat = new Tomcat();

  Deployed() throws Exception {
    Path base = Files.createTempDirectory("samples");
    tomcat.setBaseDir(base.toString());
    tomcat.setPort(0);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    Context context = tomcat.addContext("/app", Path.of("src/main/webapp").toRealPath().toString());
    context.addApplicationListener(Application.class.getName());
    context.addServletContainerInitializer(
        new WsSci(),
        Set.of(
            ChatEndpoint.class,
            DashboardEndpoint.class,
            StreamEndpoint.class,
            EchoEndpoint.class,
            SawEndpoint.class));
    Tomcat.addServlet(context, "headers", new HeadersServlet());
    context.addServletMappingDecoded("/headers", "headers");
    Tomcat.addServlet(context, "default", new DefaultServlet());
    context.addServletMappingDecoded("/", "default");
    tomcat.start();
  }

  String http(String path) {
    return "http://127.0.0.1:" + tomcat.getConnector().getLocalPort() + "/app" + path;
  }

  String ws(String path) {
    return "ws" + http(path).substring("http".length());
  }

  @Override
  public void close() throws Exception {
    tomcat.stop();
    tomcat.destroy();
  }
}
