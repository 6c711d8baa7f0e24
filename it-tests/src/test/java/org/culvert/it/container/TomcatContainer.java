package org.culvert.it.container;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.ContextConfig;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.scan.StandardJarScanner;

/**
 * Tomcat 10.1 or 11, with 20 threads for all tests: what holds a thread while it waits for the
 * network shows at once.
 */
final class TomcatContainer extends EmbeddedContainer<Context> {
  /** How many request threads there are. */
  static final int MAX_THREADS = 20;

  private static final String DEFAULT_WEB_XML =
      """
      <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
        <servlet>
          <servlet-name>default</servlet-name>
          <servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class>
          <load-on-startup>1</load-on-startup>
        </servlet>
        <servlet-mapping>
          <servlet-name>default</servlet-name>
          <url-pattern>/</url-pattern>
        </servlet-mapping>
        <welcome-file-list>
          <welcome-file>index.html</welcome-file>
        </welcome-file-list>
      </web-app>
      """;

  private final Tomcat tomcat = new Tomcat();
  private Path defaultWebXml;

  @Override
  int launch(Path work) throws Exception {
    defaultWebXml = Files.writeString(work.resolve("default-web.xml"), DEFAULT_WEB_XML);
    tomcat.setBaseDir(work.toString());
    tomcat.setAddDefaultWebXmlToWebapp(false);
    Connector connector = new Connector();
    connector.setPort(0);
    connector.setProperty("address", "127.0.0.1");
    connector.setProperty("maxThreads", String.valueOf(MAX_THREADS));
    tomcat.setConnector(connector);
    Files.createDirectories(work.resolve("webapps"));
    tomcat.getHost().setAppBase(work.resolve("webapps").toString());
    tomcat.start();
    return connector.getLocalPort();
  }

  @Override
  void halt() throws Exception {
    tomcat.stop();
    tomcat.destroy();
  }

  @Override
  Context deploy(String contextPath, Path directory) throws Exception {
    ContextConfig config = new OwnClassesOnly();
    config.setDefaultWebXml(defaultWebXml.toString());
    Context context = tomcat.addWebapp(tomcat.getHost(), contextPath, directory.toString(), config);
    if (context.getState() != LifecycleState.STARTED) {
      undeploy(context);
      throw new IllegalStateException("context is " + context.getState() + "; see the log");
    }
    return context;
  }

  @Override
  void undeploy(Context context) throws Exception {
    tomcat.getHost().removeChild(context);
    context.destroy();
  }

  /** Does not scan the class path of the tests, which Tomcat would take for a part of its own. */
  private static final class OwnClassesOnly extends ContextConfig {
    @Override
    protected synchronized void init() {
      super.init();
      StandardJarScanner scanner = new StandardJarScanner();
      scanner.setScanClassPath(false);
      context.setJarScanner(scanner);
      // a broken configuration is a failed deployment here, not a 500 for each request
      ((StandardContext) context).setFailCtxIfServletStartFails(true);
    }
  }
}
