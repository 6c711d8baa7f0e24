package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.ServletContext;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.Test;

/** Where {@code proxy_websocket tunnel} is refused when an application starts. */
class TunnelFrontTest {
  /** A server's class loader, as a web application in it sees it: Jetty's classes are its own. */
  private static final class Servers extends URLClassLoader {
    Servers(URL[] path) {
      super(path, TunnelFrontTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith("org.eclipse.jetty.")) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded == null ? findClass(name) : loaded;
      }
    }
  }

  private static URL[] classPath() throws Exception {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      urls.add(new File(entry).toURI().toURL());
    }
    return urls.toArray(URL[]::new);
  }

  @Test
  void aWebApplicationInJettyIsToldWhereItWouldWork() throws Exception {
    try (Servers servers = new Servers(classPath())) {
      Class<?> serverClass = servers.loadClass(Server.class.getName());
      Class<?> handlerClass = servers.loadClass(ServletContextHandler.class.getName());
      Object handler = handlerClass.getDeclaredConstructor().newInstance();
      handlerClass
          .getMethod("setServer", serverClass)
          .invoke(handler, serverClass.getDeclaredConstructor().newInstance());
      ServletContext context =
          (ServletContext) handlerClass.getMethod("getServletContext").invoke(handler);
      assertThat(TunnelFront.refusal(context))
          .startsWith("\"proxy_websocket tunnel\" cannot work in jetty/")
          .contains("launcher", "embedded Jetty", "Tomcat", "\"proxy_websocket relay\"");
    }
  }

  @Test
  void anEmbeddedJettyIsNotRefused() {
    assertThat(TunnelFront.refusal(new ServletContextHandler().getServletContext())).isNull();
  }
}
