package org.culvert.variable;

import java.util.function.Function;

/**
 * The names that a configuration may use. Filled while the configuration is read, on one thread;
 * afterwards the compiled templates alone are used.
 */
public final class VariableTable {
  /** Thrown for a name that nobody defined; the message is nginx's: unknown "x" variable. */
  public static final class UnknownVariableException extends Exception {
    private static final long serialVersionUID = 1L;

    /** For the name without "$". */
    public UnknownVariableException(String name) {
      super("unknown \"" + name + "\" variable");
    }
  }

  /** Defines a built-in variable. */
  public void define(String name, Variable variable) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Defines all names with a prefix, {@code http_} for instance; the function gets the rest. */
  public void definePrefix(String prefix, Function<String, Variable> variables) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * The slot of a variable that {@code set}, {@code map} or a named capture makes; made when new.
   */
  public int slot(String name) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Compiles nginx's "complex value": {@code $name}, {@code ${name}}, {@code $1} to {@code $9}; "$"
   * that is followed by no name character is an error in nginx ("invalid variable name").
   */
  public Template compile(String text) throws UnknownVariableException {
    throw new UnsupportedOperationException("not yet");
  }

  /** The variable of that name. */
  public Variable lookup(String name) throws UnknownVariableException {
    throw new UnsupportedOperationException("not yet");
  }
}
