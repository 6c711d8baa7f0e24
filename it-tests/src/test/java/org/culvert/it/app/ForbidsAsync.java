package org.culvert.it.app;

import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.http.HttpFilter;

/** A filter that does nothing, and does not say that it supports async. */
@WebFilter("/sync/*")
public class ForbidsAsync extends HttpFilter {
  private static final long serialVersionUID = 1L;
}
