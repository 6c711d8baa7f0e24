package org.culvert.it.app;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Says who the user is, as login filters do: by a wrapper around the request. */
@WebFilter(urlPatterns = "/*", asyncSupported = true)
public class LogsIn extends HttpFilter {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    String user = request.getHeader("X-Login");
    HttpServletRequest as =
        user == null
            ? request
            : new HttpServletRequestWrapper(request) {
              @Override
              public String getRemoteUser() {
                return user;
              }
            };
    chain.doFilter(as, response);
  }
}
