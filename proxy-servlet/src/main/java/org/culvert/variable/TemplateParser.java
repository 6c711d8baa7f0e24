package org.culvert.variable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.culvert.variable.VariableTable.UnknownVariableException;

/** Reads a complex value as nginx's {@code ngx_http_script_compile} does. */
final class TemplateParser {
  private final String text;
  private final Function<String, Variable> variables;
  private final UnaryOperator<Variable> captures;
  private final List<Variable> parts = new ArrayList<>();
  private final StringBuilder literal = new StringBuilder();
  private int at;

  TemplateParser(
      String text, Function<String, Variable> variables, UnaryOperator<Variable> captures) {
    this.text = text;
    this.variables = variables;
    this.captures = captures;
  }

  Template parse() throws UnknownVariableException {
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '$') {
        variable();
      } else {
        literal.append(c);
      }
    }
    endLiteral();
    return new CompiledTemplate(text, parts.toArray(new Variable[0]));
  }

  /** Reads what stands behind a "$". */
  private void variable() throws UnknownVariableException {
    if (at == text.length()) {
      throw UnknownVariableException.malformed("invalid variable name");
    }
    char first = text.charAt(at);
    if (first >= '1' && first <= '9') {
      at++;
      int group = first - '0';
      add(captures.apply(scope -> scope.capture(group)));
      return;
    }
    boolean bracket = first == '{';
    if (bracket) {
      at++;
    }
    int start = at;
    while (at < text.length() && isNameCharacter(text.charAt(at))) {
      at++;
    }
    String name = text.substring(start, at);
    if (bracket) {
      if (at == text.length() || text.charAt(at) != '}') {
        throw UnknownVariableException.malformed(
            "the closing bracket in \"" + name + "\" variable is missing");
      }
      at++;
    }
    if (name.isEmpty()) {
      throw UnknownVariableException.malformed("invalid variable name");
    }
    add(variables.apply(name));
  }

  private void add(Variable variable) {
    endLiteral();
    parts.add(variable);
  }

  private void endLiteral() {
    if (literal.length() > 0) {
      String piece = literal.toString();
      literal.setLength(0);
      parts.add(scope -> piece);
    }
  }

  private static boolean isNameCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }
}
