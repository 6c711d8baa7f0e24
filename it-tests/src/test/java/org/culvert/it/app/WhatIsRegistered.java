package org.culvert.it.app;

import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Lists servlets, filters and the threads that this application's classes run. */
@WebServlet("/registered")
public class WhatIsRegistered extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setContentType("text/plain");
    var out = response.getWriter();
    getServletContext()
        .getServletRegistrations()
        .values()
        .forEach(s -> out.println(s.getClassName()));
    getServletContext()
        .getFilterRegistrations()
        .values()
        .forEach(f -> out.println(f.getClassName()));
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getContextClassLoader() == getClass().getClassLoader()
          && thread != Thread.currentThread()) {
        out.println("thread " + thread.getName());
      }
    }
  }
}
