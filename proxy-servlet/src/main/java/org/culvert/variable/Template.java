package org.culvert.variable;

/** A string of the configuration with variables in it, compiled once. Immutable, thread-safe. */
public interface Template {
  /** The text with every variable replaced; a variable without a value is "". */
  String evaluate(Scope scope);

  /** Whether it has no variable, so that it is always the same. */
  boolean isConstant();

  /** The text as it stands in the configuration. */
  String source();

  /** A template of text only. */
  static Template constant(String text) {
    return new Template() {
      @Override
      public String evaluate(Scope scope) {
        return text;
      }

      @Override
      public boolean isConstant() {
        return true;
      }

      @Override
      public String source() {
        return text;
      }

      @Override
      public String toString() {
        return text;
      }
    };
  }
}
