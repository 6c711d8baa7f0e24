package org.culvert.it.app;

/** Added by {@link AddsFilter}. */
public class DenyByInitializer extends Deny {
  private static final long serialVersionUID = 1L;

  /** For the container. */
  public DenyByInitializer() {
    super("initializer");
  }
}
