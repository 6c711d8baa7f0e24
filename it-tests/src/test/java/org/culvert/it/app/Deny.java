package org.culvert.it.app;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Denies a request that names it, and every path under {@code /secret-} and its name, as the
 * container understands the path: an authentication filter, in short.
 */
public abstract class Deny extends HttpFilter {
  private static final long serialVersionUID = 1L;
  private final String name;

  Deny(String name) {
    this.name = name;
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    String info = request.getPathInfo();
    String path = request.getServletPath() + (info == null ? "" : info);
    if (name.equals(request.getHeader("X-Deny")) || path.startsWith("/secret-" + name)) {
      response.setStatus(403);
      response.setContentType("text/plain");
      response.getWriter().print("denied by " + name);
    } else {
      chain.doFilter(request, response);
    }
  }
}
