package org.culvert.servlet;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRegistration;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts Culvert into a web application that has the JAR and a configuration, and adds nothing to one
 * that has no configuration (Jakarta Servlet 6.0, section 8.2.4).
 *
 * <p>Where the application declares {@link ProxyServlet} itself (the distribution's WAR does), that
 * servlet does everything. Elsewhere {@link ProxyFilter} is put behind every other filter: its
 * mapping is made when all listeners but this one have run, so that a filter which the application
 * declares, by descriptor, annotation, initializer or listener, comes before it.
 */
public final class ProxyInitializer implements ServletContainerInitializer {
  static final String NAME = "culvert";

  private static final Logger log = LoggerFactory.getLogger(ProxyInitializer.class);

  @Override
  public void onStartup(@Nullable Set<Class<?>> classes, ServletContext context)
      throws ServletException {
    if (declaresProxyServlet(context)) {
      return;
    }
    ConfigurationLookup.Found found = ConfigurationLookup.find(context, false);
    if (found == null) {
      log.debug("no culvert.conf in {}: nothing is proxied", context.getContextPath());
      return;
    }
    ProxyServlet servlet = ProxyServlet.behindFilter(found);
    ServletRegistration.Dynamic registration = context.addServlet(NAME, servlet);
    registration.setAsyncSupported(true);
    registration.setLoadOnStartup(1);
    FilterRegistration.Dynamic filter = context.addFilter(NAME, new ProxyFilter(servlet));
    filter.setAsyncSupported(true);
    context.addListener(new LastMapping(filter));
  }

  private static boolean declaresProxyServlet(ServletContext context) {
    return context.getServletRegistrations().values().stream()
        .anyMatch(servlet -> ProxyServlet.class.getName().equals(servlet.getClassName()));
  }

  /**
   * Maps the filter. A listener that an initializer adds runs after the declared ones (Servlet 6.0,
   * section 4.4), and by then no other filter can still come.
   */
  private static final class LastMapping implements ServletContextListener {
    private final FilterRegistration.Dynamic filter;

    LastMapping(FilterRegistration.Dynamic filter) {
      this.filter = filter;
    }

    @Override
    public void contextInitialized(ServletContextEvent event) {
      filter.addMappingForUrlPatterns(
          EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC), true, "/*");
    }
  }
}
