package org.culvert.samples;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes JSON (RFC 8259). A value is a {@link Map}, an {@link Iterable}, a {@link Number}, a {@link
 * Boolean}, or anything else by its {@code toString}. Nothing here reads JSON: what these endpoints
 * are sent is plain text.
 */
final class Json {
  private final StringBuilder out = new StringBuilder();

  private Json() {}

  /** The members of an object in the order given: a name, its value, the next name, and so on. */
  static Map<String, Object> object(Object... namesAndValues) {
    Map<String, Object> members = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      members.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return members;
  }

  /** The value as JSON text. */
  static String text(Object value) {
    Json json = new Json();
    json.value(value);
    return json.out.toString();
  }

  private void value(Object value) {
    if (value instanceof Map<?, ?> members) {
      sequence('{', members.entrySet(), '}');
    } else if (value instanceof Map.Entry<?, ?> member) {
      string(String.valueOf(member.getKey()));
      out.append(':');
      value(member.getValue());
    } else if (value instanceof Iterable<?> items) {
      sequence('[', items, ']');
    } else if (value instanceof Double number && !Double.isFinite(number)) {
      out.append("null"); // JSON has no word for these
    } else if (value instanceof Number || value instanceof Boolean) {
      out.append(value);
    } else {
      string(value.toString());
    }
  }

  private void sequence(char open, Iterable<?> items, char close) {
    out.append(open);
    for (Iterator<?> each = items.iterator(); each.hasNext(); ) {
      value(each.next());
      if (each.hasNext()) {
        out.append(',');
      }
    }
    out.append(close);
  }

  private void string(String string) {
    out.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        case '\n' -> out.append("\\n");
        default -> {
          // A lone half of a surrogate pair could not be encoded as UTF-8.
          if (c < ' ' || Character.isSurrogate(c) && !paired(string, i)) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  private static boolean paired(String string, int i) {
    return Character.isHighSurrogate(string.charAt(i))
        ? i + 1 < string.length() && Character.isLowSurrogate(string.charAt(i + 1))
        : i > 0 && Character.isHighSurrogate(string.charAt(i - 1));
  }
}
