package org.culvert.directive;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.culvert.directive.PcreText.InvalidPatternException;
import org.culvert.variable.Regex;

/**
 * From PCRE, which nginx's regular expressions are written in, to {@link java.util.regex.Pattern}.
 * The two agree on nearly everything; what differs is rewritten (names of groups, which may have
 * underscores, their references, POSIX classes, brackets in character classes, braces that are no
 * quantifier) or refused by name (recursion, conditions, callouts, control verbs, {@code \K},
 * {@code \C}, {@code \X}).
 */
final class Pcre {
  private static final Pattern FLAGS =
      Pattern.compile("\\(\\?[imsx]*(-[imsx]+)?[:)].*", Pattern.DOTALL);
  private static final Pattern QUANTIFIER = Pattern.compile("\\{\\d+(,\\d*)?}.*", Pattern.DOTALL);
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,31}");
  private static final Pattern REFERENCE = Pattern.compile("-?\\d{1,4}");

  private final PcreText text;
  private final Map<String, Integer> names = new LinkedHashMap<>();
  private int groups;

  /** The highest number that a back reference has. */
  private int mostReferred;

  private Pcre(String pattern) {
    this.text = new PcreText(pattern);
  }

  /**
   * Compiles a pattern of the configuration, an octet string.
   *
   * @throws InvalidPatternException for what is no pattern, in PCRE's words where it is PCRE's
   *     error too, and for what Java has no counterpart to
   */
  static Regex compile(String pattern, boolean ignoreCase) throws InvalidPatternException {
    Pcre pcre = new Pcre(pattern);
    pcre.translate();
    try {
      // PCRE ends lines at LF alone.
      int flags = Pattern.UNIX_LINES | (ignoreCase ? Pattern.CASE_INSENSITIVE : 0);
      Pattern compiled = Pattern.compile(pcre.text.translated(), flags);
      return new Regex(compiled, Collections.unmodifiableMap(pcre.names));
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
      case "Illegal character range" -> "range out of order in character class";
      case "Illegal repetition range" -> "numbers out of order in {} quantifier";
      default ->
          description.startsWith("Dangling meta character")
              ? "quantifier does not follow a repeatable item"
              : description;
    };
  }

  private void translate() throws InvalidPatternException {
    while (!text.atEnd()) {
      switch (text.peek(0)) {
        case '\\' -> escape();
        case '[' -> PcreCharacters.characterClass(text);
        case '(' -> group();
        case '{' -> {
          if (QUANTIFIER.matcher(text.rest()).matches()) {
            text.copy(1);
          } else {
            text.replace(1, "\\{");
          }
        }
        default -> text.copy(1);
      }
    }
    if (mostReferred > groups) {
      throw text.error("reference to non-existent subpattern");
    }
  }

  private void group() throws InvalidPatternException {
    char c = text.peek(2);
    char after = text.peek(3);
    if (text.peek(1) != '?') {
      if (text.peek(1) == '*') {
        throw text.unsupported("(*");
      }
      groups++;
      text.copy(1);
    } else if (text.startsWith("(?P<")) {
      namedGroup(4, ">");
    } else if (c == '\'') {
      namedGroup(3, "'");
    } else if (c == '<' && after != '=' && after != '!') {
      namedGroup(3, ">");
    } else if (text.startsWith("(?P=")) {
      reference(4, ")");
    } else if (c == '#') {
      comment();
    } else if (c == '=' || c == '!' || c == '<' || c == '>') {
      text.copy(c == '<' ? 4 : 3);
    } else if (FLAGS.matcher(text.rest()).matches()) {
      text.copy(2);
    } else {
      throw text.unsupported("(?" + (c == '\0' ? "" : c));
    }
  }

  private void namedGroup(int start, String close) throws InvalidPatternException {
    int end = text.distance(close, start);
    if (PcreCharacters.isDigit(text.peek(start))) {
      throw text.error("subpattern name must start with a non-digit");
    }
    if (end < 0 || !NAME.matcher(text.between(start, end)).matches()) {
      throw text.error("syntax error in subpattern name (missing terminator?)");
    }
    groups++;
    if (names.putIfAbsent(text.between(start, end), groups) != null) {
      throw text.error("two named subpatterns have the same name (PCRE2_DUPNAMES not set)");
    }
    text.replace(end + 1, "(");
  }

  private void comment() throws InvalidPatternException {
    int end = text.distance(")", 3);
    if (end < 0) {
      throw text.error("missing ) after (?# comment");
    }
    text.skip(end + 1);
  }

  private void escape() throws InvalidPatternException {
    char c = text.peek(1);
    char next = text.peek(2);
    if (c == 'k' && (next == '<' || next == '\'' || next == '{')) {
      reference(3, next == '<' ? ">" : next == '{' ? "}" : "'");
    } else if (c == 'g' && next == '{') {
      reference(3, "}");
    } else if (c == 'g' && PcreCharacters.isDigit(next)) {
      int end = 3;
      while (PcreCharacters.isDigit(text.peek(end))) {
        end++;
      }
      backReference(text.between(2, end), end);
    } else if (PcreCharacters.isDigit(c) && c != '0') {
      number();
    } else {
      PcreCharacters.escape(text, false);
    }
  }

  /** A back reference; or where there are not so many groups, and two digits, an octal number. */
  private void number() throws InvalidPatternException {
    int end = 2;
    while (PcreCharacters.isDigit(text.peek(end))) {
      end++;
    }
    String digits = text.between(1, end);
    if (end == 2 || (end < 5 && Integer.parseInt(digits) <= groups)) {
      backReference(digits, end);
    } else {
      PcreCharacters.octal(text);
    }
  }

  /** A back reference by name or number, up to its closing character. */
  private void reference(int start, String close) throws InvalidPatternException {
    int end = text.distance(close, start);
    if (end < 0) {
      throw text.error("syntax error in subpattern name");
    }
    backReference(text.between(start, end), end + 1);
  }

  /** The empty group keeps a digit that follows from being read as part of the number. */
  private void backReference(String to, int characters) throws InvalidPatternException {
    Integer group = names.get(to);
    if (group == null && REFERENCE.matcher(to).matches()) {
      int number = Integer.parseInt(to);
      group = number < 0 ? groups + 1 + number : number;
    }
    if (group == null || group < 1) {
      throw text.error("reference to non-existent subpattern");
    }
    mostReferred = Math.max(mostReferred, group);
    text.replace(characters, "\\" + group + "(?:)");
  }
}
