package org.culvert.variable;

/**
 * A variable that takes a value: what {@code set} does, and {@code auth_request_set}.
 *
 * @param slot the variable's, of {@link VariableTable}; {@link VariableTable#ARGS} changes the
 *     request's query
 * @param value what it becomes
 */
public record Assignment(int slot, Template value) {
  /**
   * Makes it.
   *
   * @param from where the value is evaluated
   * @param to where the variable is
   */
  public void make(Scope from, Scope to) {
    assign(slot, value.evaluate(from), to);
  }

  /** Gives a variable its value. */
  public static void assign(int slot, String value, Scope scope) {
    if (slot == VariableTable.ARGS) {
      scope.get(RequestFacts.class).query(value);
    } else {
      scope.slot(slot, value);
    }
  }
}
