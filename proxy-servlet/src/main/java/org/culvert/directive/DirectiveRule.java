package org.culvert.directive;

import java.util.Set;

/**
 * One line of the table: a directive of nginx's, where it may stand and what becomes of it.
 *
 * @param name its name
 * @param module the nginx module that defines it
 * @param contexts where it may stand
 * @param arguments how many it takes: "1", "1,2", "1+", "flag", "any"
 * @param isBlock whether it has a block
 * @param status what Culvert does with it
 */
record DirectiveRule(
    String name,
    String module,
    Set<Context> contexts,
    String arguments,
    boolean isBlock,
    Status status) {

  /** What Culvert does with a directive. */
  enum Status {
    DONE,
    NO_EFFECT,
    WARNED,
    REFUSED;

    static Status of(String text) {
      return switch (text) {
        case "done" -> DONE;
        case "no-effect" -> NO_EFFECT;
        case "warned" -> WARNED;
        case "refused" -> REFUSED;
        default -> throw new IllegalArgumentException("status " + text);
      };
    }
  }

  /** Whether it takes so many arguments. */
  boolean takes(int count) {
    if (arguments.equals("any")) {
      return true;
    }
    if (arguments.equals("flag")) {
      return count == 1;
    }
    if (arguments.endsWith("+")) {
      return count >= Integer.parseInt(arguments.substring(0, arguments.length() - 1));
    }
    for (String allowed : arguments.split(",")) {
      if (count == Integer.parseInt(allowed)) {
        return true;
      }
    }
    return false;
  }
}
