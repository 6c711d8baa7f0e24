package org.culvert.observe;

import java.util.function.UnaryOperator;
import org.culvert.variable.Scope;
import org.culvert.variable.Variable;
import org.jspecify.annotations.Nullable;

/**
 * {@code log_format … escape=}: how a variable's value is written, so that no client can forge a
 * line. Given to {@link org.culvert.variable.VariableTable#compile(String, UnaryOperator)}.
 */
public enum LogEscaping implements UnaryOperator<Variable> {
  /** Quotes, backslashes and bytes outside printable ASCII as {@code \xXX}; "-" where no value. */
  DEFAULT {
    @Override
    String write(@Nullable String value) {
      return value == null ? "-" : hexadecimal(value);
    }
  },
  /** As in a JSON string; "" where no value. */
  JSON {
    @Override
    String write(@Nullable String value) {
      return value == null ? "" : json(value);
    }
  },
  /** As it is; "" where no value. */
  NONE {
    @Override
    String write(@Nullable String value) {
      return value == null ? "" : value;
    }
  };

  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  abstract String write(@Nullable String value);

  @Override
  public Variable apply(Variable variable) {
    return (Scope scope) -> write(variable.value(scope));
  }

  private static String hexadecimal(String value) {
    int i = 0;
    while (i < value.length() && isPlain(value.charAt(i))) {
      i++;
    }
    if (i == value.length()) {
      return value;
    }
    StringBuilder out = new StringBuilder(value.length() + 16).append(value, 0, i);
    for (; i < value.length(); i++) {
      char c = value.charAt(i);
      if (isPlain(c)) {
        out.append(c);
      } else {
        out.append("\\x").append(HEX[c >> 4 & 15]).append(HEX[c & 15]);
      }
    }
    return out.toString();
  }

  private static boolean isPlain(char c) {
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
  }

  private static String json(String value) {
    StringBuilder out = new StringBuilder(value.length() + 16);
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (c < ' ') {
            out.append("\\u00").append(HEX[c >> 4]).append(HEX[c & 15]);
          } else {
            out.append(c);
          }
        }
      }
    }
    return out.toString();
  }
}
