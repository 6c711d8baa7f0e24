package org.culvert.servlet;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Last of an application's filters: a request that a location claims goes to the proxy, any other
 * to the application (DESIGN.md, "How a request reaches Culvert in a WAR"). Runs in REQUEST and, to
 * complete an upgrade, in ASYNC dispatches.
 */
final class ProxyFilter extends HttpFilter {
  private static final long serialVersionUID = 1L;

  private final transient ProxyServlet servlet;

  ProxyFilter(ProxyServlet servlet) {
    this.servlet = servlet;
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!servlet.handle(request, response)) {
      chain.doFilter(request, response);
    }
  }
}
