package org.culvert.it.app;

import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.annotation.WebListener;
import org.culvert.servlet.ProxyServlet;

/** Registers the proxy as a servlet, with its configuration given as text. */
@WebListener
public class RegistersProxy implements ServletContextListener {
  @Override
  public void contextInitialized(ServletContextEvent event) {
    String configuration = event.getServletContext().getInitParameter("test.configuration");
    ServletRegistration.Dynamic servlet =
        event.getServletContext().addServlet("proxy", new ProxyServlet(configuration));
    servlet.setAsyncSupported(true);
    servlet.addMapping("/proxied/*");
  }
}
