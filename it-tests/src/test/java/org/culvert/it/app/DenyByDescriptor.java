package org.culvert.it.app;

/** Declared in web.xml. */
public class DenyByDescriptor extends Deny {
  private static final long serialVersionUID = 1L;

  /** For the container. */
  public DenyByDescriptor() {
    super("descriptor");
  }
}
