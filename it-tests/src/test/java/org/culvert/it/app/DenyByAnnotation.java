package org.culvert.it.app;

import jakarta.servlet.annotation.WebFilter;

/** Declared by annotation. */
@WebFilter(urlPatterns = "/*", asyncSupported = true)
public class DenyByAnnotation extends Deny {
  private static final long serialVersionUID = 1L;

  /** For the container. */
  public DenyByAnnotation() {
    super("annotation");
  }
}
