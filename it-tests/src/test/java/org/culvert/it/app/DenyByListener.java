package org.culvert.it.app;

/** Added by {@link AddsFilterLate}. */
public class DenyByListener extends Deny {
  private static final long serialVersionUID = 1L;

  /** For the container. */
  public DenyByListener() {
    super("listener");
  }
}
