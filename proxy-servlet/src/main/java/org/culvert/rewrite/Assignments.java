package org.culvert.rewrite;

import java.util.List;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.culvert.variable.VariableTable;

/** Runs {@code set}. */
public final class Assignments {
  private Assignments() {}

  /** Sets the variables in the order of the file. */
  public static void run(List<SetVariable> sets, Scope scope) {
    for (SetVariable set : sets) {
      String value = set.value().evaluate(scope);
      if (set.slot() == VariableTable.ARGS) {
        RequestFacts facts = scope.get(RequestFacts.class);
        facts.redirect(facts.target().withQuery(value));
      } else {
        scope.slot(set.slot(), value);
      }
    }
  }
}
