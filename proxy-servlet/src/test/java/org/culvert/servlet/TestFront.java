package org.culvert.servlet;

import jakarta.servlet.Servlet;
import java.io.File;
import java.nio.file.Files;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.Wrapper;
import org.apache.catalina.startup.Tomcat;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** A servlet container with one servlet at "/". */
interface TestFront extends AutoCloseable {
  int port();

  /** Stops the application, its servlet with it; the container runs on. */
  void undeploy() throws Exception;

  @Override
  void close() throws Exception;

  enum Kind {
    JETTY,
    TOMCAT
  }

  static TestFront start(Kind kind, Servlet servlet, boolean async) throws Exception {
    return kind == Kind.JETTY ? jetty(servlet, async, 30_000) : tomcat(servlet, async);
  }

  static TestFront jetty(Servlet servlet, boolean async, long idleTimeout) throws Exception {
    Server server = new Server();
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setUriCompliance(UriCompliance.UNSAFE);
    ServerConnector connector =
        new ServerConnector(server, new HttpConnectionFactory(configuration));
    connector.setHost("127.0.0.1");
    connector.setIdleTimeout(idleTimeout);
    server.addConnector(connector);
    ServletContextHandler context = new ServletContextHandler();
    context.getServletHandler().setDecodeAmbiguousURIs(true);
    ServletHolder holder = new ServletHolder(servlet);
    holder.setAsyncSupported(async);
    context.addServlet(holder, "/");
    server.setHandler(context);
    server.start();
    return new TestFront() {
      @Override
      public int port() {
        return connector.getLocalPort();
      }

      @Override
      public void undeploy() throws Exception {
        context.stop();
      }

      @Override
      public void close() throws Exception {
        server.stop();
      }
    };
  }

  static TestFront tomcat(Servlet servlet, boolean async) throws Exception {
    return tomcat(servlet, async, 100);
  }

  static TestFront tomcat(Servlet servlet, boolean async, int maxKeepAliveRequests)
      throws Exception {
    Logger.getLogger("org.apache").setLevel(Level.OFF);
    Tomcat tomcat = new Tomcat();
    File base = Files.createTempDirectory("tomcat").toFile();
    tomcat.setBaseDir(base.getPath());
    tomcat.setPort(0);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    tomcat
        .getConnector()
        .setProperty("maxKeepAliveRequests", Integer.toString(maxKeepAliveRequests));
    tomcat.getConnector().setProperty("relaxedPathChars", "|{}^\"<>\\`[]");
    tomcat.getConnector().setProperty("relaxedQueryChars", "|{}^\"<>\\`[]");
    tomcat.getConnector().setProperty("allowedTrailerHeaders", "x-u");
    tomcat.getConnector().setEncodedSolidusHandling("passthrough");
    var context = tomcat.addContext("", base.getPath());
    Wrapper wrapper = Tomcat.addServlet(context, "proxy", servlet);
    wrapper.setAsyncSupported(async);
    context.addServletMappingDecoded("/", "proxy");
    tomcat.start();
    return new TestFront() {
      @Override
      public int port() {
        return tomcat.getConnector().getLocalPort();
      }

      @Override
      public void undeploy() throws Exception {
        context.stop();
      }

      @Override
      public void close() throws Exception {
        tomcat.stop();
        tomcat.destroy();
      }
    };
  }
}
