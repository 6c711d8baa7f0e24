package org.culvert.variable;

import org.jspecify.annotations.Nullable;

/** How one {@code $name} gets its value. Stateless; called on the thread that has the request. */
@FunctionalInterface
public interface Variable {
  /**
   * The value now, or null where there is none: nginx's "not found", "" in a template, "-" in a
   * log.
   */
  @Nullable String value(Scope scope);
}
