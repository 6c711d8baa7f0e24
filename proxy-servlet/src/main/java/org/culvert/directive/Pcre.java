package org.culvert.directive;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.culvert.variable.Regex;

/**
 * From PCRE, which nginx's regular expressions are written in, to {@link java.util.regex.Pattern}.
 * The two agree on nearly everything; what differs is rewritten (names of groups, their references,
 * POSIX classes, brackets in character classes) or refused by name (recursion, conditions,
 * callouts, control verbs, {@code \K}, {@code \C}).
 */
final class Pcre {
  /** Thrown for a pattern that is wrong or cannot be translated; the message is PCRE's line. */
  static final class InvalidPatternException extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidPatternException(String reason, String pattern, int offset) {
      super(
          "pcre2_compile() failed: "
              + reason
              + " in \""
              + pattern
              + "\""
              + (offset > 0 && offset <= pattern.length()
                  ? " at \"" + pattern.substring(offset) + "\""
                  : ""));
    }
  }

  private static final Map<String, String> POSIX =
      Map.ofEntries(
          Map.entry("alpha", "\\p{Alpha}"),
          Map.entry("digit", "\\p{Digit}"),
          Map.entry("alnum", "\\p{Alnum}"),
          Map.entry("upper", "\\p{Upper}"),
          Map.entry("lower", "\\p{Lower}"),
          Map.entry("space", "\\s"),
          Map.entry("blank", "\\p{Blank}"),
          Map.entry("punct", "\\p{Punct}"),
          Map.entry("print", "\\p{Print}"),
          Map.entry("graph", "\\p{Graph}"),
          Map.entry("cntrl", "\\p{Cntrl}"),
          Map.entry("xdigit", "\\p{XDigit}"),
          Map.entry("word", "\\w"),
          Map.entry("ascii", "\\p{ASCII}"));

  private final String pattern;
  private final StringBuilder out = new StringBuilder();
  private final Map<String, Integer> names = new HashMap<>();
  private int at;
  private int groups;

  private Pcre(String pattern) {
    this.pattern = pattern;
  }

  /** Compiles a pattern of the configuration, an octet string. */
  static Regex compile(String pattern, boolean ignoreCase) throws InvalidPatternException {
    Pcre pcre = new Pcre(pattern);
    pcre.translate();
    try {
      int flags = ignoreCase ? Pattern.CASE_INSENSITIVE : 0;
      // PCRE ends lines at LF alone.
      Pattern compiled = Pattern.compile(pcre.out.toString(), flags | Pattern.UNIX_LINES);
      return new Regex(compiled, Map.copyOf(pcre.names));
    } catch (PatternSyntaxException e) {
      throw new InvalidPatternException(reason(e), pattern, 0);
    } catch (StackOverflowError e) {
      throw new InvalidPatternException("parentheses are too deeply nested", pattern, 0);
    }
  }

  /** PCRE's words where it and Java find the same fault. */
  private static String reason(PatternSyntaxException e) {
    String description = String.valueOf(e.getDescription());
    return switch (description) {
      case "Unclosed group" -> "missing closing parenthesis";
      case "Unmatched closing ')'" -> "unmatched closing parenthesis";
      case "Unclosed character class" -> "missing terminating ] for character class";
      default ->
          description.startsWith("Dangling meta character")
              ? "quantifier does not follow a repeatable item"
              : description;
    };
  }

  private void translate() throws InvalidPatternException {
    while (at < pattern.length()) {
      char c = pattern.charAt(at);
      switch (c) {
        case '\\' -> escape(false);
        case '[' -> characterClass();
        case '(' -> group();
        default -> {
          out.append(c);
          at++;
        }
      }
    }
  }

  private void group() throws InvalidPatternException {
    if (pattern.startsWith("(*", at)) {
      throw unsupported("a control verb (*...)");
    }
    if (!pattern.startsWith("(?", at)) {
      groups++;
      out.append('(');
      at++;
      return;
    }
    int name = at + 2;
    if (pattern.startsWith("(?P<", at) || pattern.startsWith("(?P>", at)) {
      name++;
    }
    char c = name < pattern.length() ? pattern.charAt(name) : '\0';
    char after = name + 1 < pattern.length() ? pattern.charAt(name + 1) : '\0';
    if (c == '<' && after != '=' && after != '!') {
      namedGroup(name + 1, '>');
    } else if (c == '\'') {
      namedGroup(name + 1, '\'');
    } else if (pattern.startsWith("(?P=", at)) {
      reference(at + 4, ')');
    } else if (c == '#') {
      comment();
    } else if ("(&R|C+".indexOf(c) >= 0
        || isDigit(c)
        || c == 'P'
        || (c == '-' && isDigit(after))
        || (c == '>' && name == at + 3)) {
      throw unsupported("(?" + c);
    } else {
      out.append("(?");
      at += 2;
    }
  }

  private void namedGroup(int start, char close) throws InvalidPatternException {
    int end = pattern.indexOf(close, start);
    if (end < 0 || !isName(pattern.substring(start, end))) {
      throw new InvalidPatternException("syntax error in subpattern name", pattern, start);
    }
    groups++;
    if (names.putIfAbsent(pattern.substring(start, end), groups) != null) {
      throw new InvalidPatternException("two named subpatterns have the same name", pattern, start);
    }
    out.append('(');
    at = end + 1;
  }

  private void comment() throws InvalidPatternException {
    int end = pattern.indexOf(')', at);
    if (end < 0) {
      throw new InvalidPatternException("missing ) after (?# comment", pattern, pattern.length());
    }
    at = end + 1;
  }

  /** A back reference by name: {@code \k<n>}, {@code \k'n'}, {@code \k{n}}, {@code (?P=n)}. */
  private void reference(int start, char close) throws InvalidPatternException {
    int end = pattern.indexOf(close, start);
    Integer group = end < 0 ? null : names.get(pattern.substring(start, end));
    if (group == null) {
      throw new InvalidPatternException("reference to non-existent subpattern", pattern, start);
    }
    backReference(group);
    at = end + 1;
  }

  /** The empty group keeps a digit that follows from being read as part of the number. */
  private void backReference(int group) {
    out.append('\\').append(group).append("(?:)");
  }

  private void escape(boolean inClass) throws InvalidPatternException {
    if (at + 1 == pattern.length()) {
      throw new InvalidPatternException("\\ at end of pattern", pattern, pattern.length());
    }
    char c = pattern.charAt(at + 1);
    char next = at + 2 < pattern.length() ? pattern.charAt(at + 2) : '\0';
    switch (c) {
      case 'Q' -> quoted();
      case 'E' -> at += 2;
      case 'K', 'C', 'X' -> throw unsupported("\\" + c);
      case 'N' -> replace(2, inClass ? "N" : "[^\\n]");
      case 'R' -> replace(2, "(?:\\r\\n|[\\n-\\r\\x85])");
      case 'h' -> replace(2, inClass ? "\\t \\xA0" : "[\\t \\xA0]");
      case 'H' -> replace(2, inClass ? "&&[^\\t \\xA0]" : "[^\\t \\xA0]");
      case 'v' -> replace(2, inClass ? "\\n-\\r\\x85" : "[\\n-\\r\\x85]");
      case 'V' -> replace(2, inClass ? "&&[^\\n-\\r\\x85]" : "[^\\n-\\r\\x85]");
      case 'k' -> {
        if (next != '<' && next != '\'' && next != '{') {
          throw new InvalidPatternException("\\k is not followed by a name", pattern, at);
        }
        reference(at + 3, next == '<' ? '>' : next == '{' ? '}' : '\'');
      }
      case 'g' -> numberedReference(next);
      case 'o' -> throw unsupported("\\o");
      case '<',
          '>',
          '"',
          '\'',
          '/',
          '-',
          '_',
          ' ',
          '=',
          '!',
          '@',
          '#',
          '%',
          '&',
          ',',
          ':',
          ';',
          '~',
          '`' ->
          replace(2, Character.isLetterOrDigit(c) || c == '_' ? "_" : "\\" + c);
      case 'x' -> hexadecimal(next);
      default -> {
        if (isLetter(c) && "abBcdDefnrsStwWzZAGpPu".indexOf(c) < 0) {
          throw new InvalidPatternException("unrecognized character follows \\", pattern, at + 1);
        }
        replace(2, "\\" + c);
      }
    }
  }

  private void replace(int consumed, String replacement) {
    out.append(replacement);
    at += consumed;
  }

  private void hexadecimal(char next) {
    int start = at + 2;
    int end = start;
    while (next != '{' && end < pattern.length() && end < start + 2 && isHex(pattern.charAt(end))) {
      end++;
    }
    if (next == '{' || end == start + 2) {
      replace(2, "\\x");
    } else {
      // PCRE takes none, one or two digits, Java two.
      replace(2 + end - start, "\\x" + "00".substring(end - start) + pattern.substring(start, end));
    }
  }

  /** {@code \g1}, {@code \g{1}}, {@code \g{-1}}, {@code \g{name}}. */
  private void numberedReference(char next) throws InvalidPatternException {
    int start = next == '{' ? at + 3 : at + 2;
    int end = start;
    while (end < pattern.length()
        && (isDigit(pattern.charAt(end)) || (end == start && pattern.charAt(end) == '-'))) {
      end++;
    }
    String number = pattern.substring(start, end);
    if (next == '{' && !pattern.startsWith("}", end)) {
      reference(start, '}');
      return;
    }
    if (number.isEmpty() || number.equals("-") || number.length() > 4) {
      throw unsupported("\\g");
    }
    int group = Integer.parseInt(number);
    group = group < 0 ? groups + 1 + group : group;
    if (group < 1) {
      throw new InvalidPatternException("reference to non-existent subpattern", pattern, start);
    }
    backReference(group);
    at = next == '{' ? end + 1 : end;
  }

  private void quoted() {
    int end = pattern.indexOf("\\E", at + 2);
    String literal = pattern.substring(at + 2, end < 0 ? pattern.length() : end);
    for (int i = 0; i < literal.length(); i++) {
      char c = literal.charAt(i);
      if (c < 0x80 && !isLetter(c) && !isDigit(c)) {
        out.append('\\');
      }
      out.append(c);
    }
    at = end < 0 ? pattern.length() : end + 2;
  }

  private void characterClass() throws InvalidPatternException {
    int start = at;
    out.append('[');
    at++;
    if (at < pattern.length() && pattern.charAt(at) == '^') {
      out.append('^');
      at++;
    }
    boolean first = true;
    while (at < pattern.length() && (first || pattern.charAt(at) != ']')) {
      first = false;
      classMember();
    }
    if (at == pattern.length()) {
      throw new InvalidPatternException(
          "missing terminating ] for character class", pattern, pattern.length());
    }
    out.append(']');
    at++;
    assert at > start;
  }

  private void classMember() throws InvalidPatternException {
    char c = pattern.charAt(at);
    if (c == '\\') {
      escape(true);
    } else if (pattern.startsWith("[:", at) && pattern.indexOf(":]", at) > 0) {
      int end = pattern.indexOf(":]", at);
      String name = pattern.substring(at + 2, end);
      boolean negated = name.startsWith("^");
      String known = POSIX.get(negated ? name.substring(1) : name);
      if (known == null) {
        throw new InvalidPatternException("unknown POSIX class name", pattern, at);
      }
      replace(end + 2 - at, negated ? "[^" + known + "]" : known);
    } else if (c == '[' || c == ']' || c == '&' || c == '^' || c == '#' || c == ' ') {
      // Java gives these a meaning inside a class that they do not have in PCRE.
      replace(1, "\\" + c);
    } else {
      replace(1, String.valueOf(c));
    }
  }

  private InvalidPatternException unsupported(String what) {
    return new InvalidPatternException(
        what + " has no counterpart in java.util.regex", pattern, at);
  }

  private static boolean isName(String name) {
    return !name.isEmpty()
        && name.length() <= 32
        && !isDigit(name.charAt(0))
        && name.chars().allMatch(c -> isLetter((char) c) || isDigit((char) c) || c == '_');
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isHex(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }
}
