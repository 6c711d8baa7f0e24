package org.culvert.variable;

/** A template with at least one variable. */
final class CompiledTemplate implements Template {
  private final String source;
  private final Variable[] parts;

  CompiledTemplate(String source, Variable[] parts) {
    this.source = source;
    this.parts = parts;
  }

  @Override
  public String evaluate(Scope scope) {
    if (parts.length == 1) {
      String value = parts[0].value(scope);
      return value == null ? "" : value;
    }
    StringBuilder out = new StringBuilder(64);
    for (Variable part : parts) {
      String value = part.value(scope);
      if (value != null) {
        out.append(value);
      }
    }
    return out.toString();
  }

  @Override
  public boolean isConstant() {
    return false;
  }

  @Override
  public String source() {
    return source;
  }

  @Override
  public String toString() {
    return source;
  }
}
