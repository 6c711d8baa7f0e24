package org.culvert.variable;

import org.culvert.http.HeaderFields;
import org.jspecify.annotations.Nullable;

/** Fields, cookies and arguments by the end of a variable's name. */
public final class FieldLookup {
  private FieldLookup() {}

  /**
   * The values of a field, joined: {@code $http_x_y} is the field "X-Y".
   *
   * @param name the name in lower case with "_" for "-"
   * @return null where there is none
   */
  public static @Nullable String field(HeaderFields fields, String name) {
    String separator = name.equals("cookie") ? "; " : ", ";
    String first = null;
    StringBuilder several = null;
    for (var field : fields) {
      if (!isNamed(field.name(), name)) {
        continue;
      }
      if (first == null) {
        first = field.value();
      } else {
        several = several == null ? new StringBuilder(first) : several;
        several.append(separator).append(field.value());
      }
    }
    return several == null ? first : several.toString();
  }

  /**
   * The value of a cookie in Cookie fields, without regard to case (nginx, {@code
   * ngx_http_parse_multi_header_lines}); null where there is none.
   */
  public static @Nullable String cookie(HeaderFields fields, String name) {
    for (String line : fields.all("Cookie")) {
      String value = pair(line, name);
      if (value != null) {
        return value;
      }
    }
    return null;
  }

  /**
   * The value of an argument, undecoded, without regard to the name's case; null where there is no
   * "name=" (nginx, {@code ngx_http_arg}).
   */
  public static @Nullable String argument(@Nullable String query, String name) {
    if (query == null) {
      return null;
    }
    int start = 0;
    while (start <= query.length()) {
      int end = query.indexOf('&', start);
      end = end < 0 ? query.length() : end;
      int equals = start + name.length();
      if (equals < end
          && query.charAt(equals) == '='
          && query.regionMatches(true, start, name, 0, name.length())) {
        return query.substring(equals + 1, end);
      }
      start = end + 1;
    }
    return null;
  }

  private static @Nullable String pair(String line, String name) {
    int at = 0;
    while (at < line.length()) {
      if (line.regionMatches(true, at, name, 0, name.length())) {
        int equals = skipSpaces(line, at + name.length());
        if (equals < line.length() && line.charAt(equals) == '=') {
          int start = skipSpaces(line, equals + 1);
          int end = line.indexOf(';', start);
          return line.substring(start, end < 0 ? line.length() : end);
        }
      }
      while (at < line.length() && line.charAt(at) != ';' && line.charAt(at) != ',') {
        at++;
      }
      at = skipSpaces(line, at + 1);
    }
    return null;
  }

  private static int skipSpaces(String line, int at) {
    int i = at;
    while (i < line.length() && line.charAt(i) == ' ') {
      i++;
    }
    return i;
  }

  private static boolean isNamed(String field, String name) {
    if (field.length() != name.length()) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = field.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        c |= 0x20;
      } else if (c == '-') {
        c = '_';
      }
      if (c != name.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
