package org.culvert.directive;

import java.util.Map;
import org.culvert.directive.PcreText.InvalidPatternException;

/** Character classes and escaped characters, where PCRE and Java differ. Octets only. */
final class PcreCharacters {
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

  /** The members of the classes that Java does not have, or has otherwise. */
  private static final Map<Character, String> MEMBERS =
      Map.of(
          'h', "\\t\\x20\\xA0",
          'H', "\\x00-\\x08\\x0A-\\x1F\\x21-\\x9F\\xA1-\\xFF",
          'v', "\\n-\\r\\x85",
          'V', "\\x00-\\x09\\x0E-\\x84\\x86-\\xFF");

  private PcreCharacters() {}

  /** Translates a class, from its "[" to its "]". */
  static void characterClass(PcreText text) throws InvalidPatternException {
    text.copy(text.startsWith("[^") ? 2 : 1);
    boolean first = true;
    while (!text.atEnd() && (first || text.peek(0) != ']')) {
      first = false;
      classMember(text);
    }
    if (text.atEnd()) {
      throw text.error("missing terminating ] for character class");
    }
    text.copy(1);
  }

  private static void classMember(PcreText text) throws InvalidPatternException {
    char c = text.peek(0);
    int posixEnd = text.startsWith("[:") ? text.distance(":]", 2) : -1;
    if (c == '\\') {
      escape(text, true);
    } else if (posixEnd > 0 && text.between(2, posixEnd).matches("\\^?[a-z]+")) {
      String name = text.between(2, posixEnd);
      boolean negated = name.startsWith("^");
      String known = POSIX.get(negated ? name.substring(1) : name);
      if (known == null) {
        throw text.error("unknown POSIX class name");
      }
      text.replace(posixEnd + 2, negated ? "[^" + known + "]" : known);
    } else if ("[]&^# ".indexOf(c) >= 0) {
      // Java gives these a meaning inside a class that they do not have in PCRE.
      text.replace(1, "\\" + c);
    } else {
      text.copy(1);
    }
  }

  /** Translates a backslash and what belongs to it, references to groups apart. */
  static void escape(PcreText text, boolean inClass) throws InvalidPatternException {
    char c = text.peek(1);
    String members = MEMBERS.get(c);
    if (members != null) {
      text.replace(2, inClass ? members : "[" + members + "]");
    } else if (c == 'Q') {
      quoted(text);
    } else if (c == 'E') {
      text.skip(2);
    } else if (c == 'x') {
      hexadecimal(text);
    } else if (isDigit(c)) {
      octal(text);
    } else if (c == 'p' || c == 'P') {
      property(text);
    } else if (inClass && c == 'b') {
      text.replace(2, "\\x08");
    } else if (!inClass && c == 'N') {
      text.replace(2, "[^\\n]");
    } else if (!inClass && c == 'R') {
      text.replace(2, "(?:\\r\\n|[\\n-\\r\\x85])");
    } else if ("KCXNRogk".indexOf(c) >= 0) {
      throw text.unsupported("\\" + c);
    } else if (isLetter(c) && "abBcdDefnrsStwWzZAGpP".indexOf(c) < 0) {
      throw text.error("unrecognized character follows \\");
    } else if (c == '\0') {
      throw text.error("\\ at end of pattern");
    } else {
      text.copy(2);
    }
  }

  /** A Unicode property, of one letter, or by name in braces; "^" before it negates. */
  private static void property(PcreText text) throws InvalidPatternException {
    boolean braced = text.peek(2) == '{';
    int end = braced ? text.distance("}", 3) : 3;
    if (end < 0 || text.atEnd(2)) {
      throw text.error("malformed \\P or \\p sequence");
    }
    String name = braced ? text.between(3, end) : text.between(2, end);
    boolean negated = (text.peek(1) == 'P') != name.startsWith("^");
    name = name.startsWith("^") ? name.substring(1) : name;
    String known = name.length() > 2 ? "Is" + name : name;
    text.replace(braced ? end + 1 : end, (negated ? "\\P{" : "\\p{") + known + "}");
  }

  /** At most three octal digits, of which 8 and 9 are none. */
  static void octal(PcreText text) {
    int digits = 0;
    int value = 0;
    while (digits < 3 && text.peek(1 + digits) >= '0' && text.peek(1 + digits) <= '7') {
      value = value * 8 + text.peek(1 + digits) - '0';
      digits++;
    }
    if (digits == 0) {
      text.replace(2, String.valueOf(text.peek(1)));
    } else {
      text.replace(1 + digits, String.format("\\x%02X", value & 0xff));
    }
  }

  /** PCRE takes none, one or two hexadecimal digits, Java two. */
  private static void hexadecimal(PcreText text) {
    int digits = 0;
    while (digits < 2 && Character.digit(text.peek(2 + digits), 16) >= 0) {
      digits++;
    }
    int close = text.distance("}", 2);
    if (text.peek(2) == '{' && close > 0) {
      text.copy(close + 1);
    } else {
      text.replace(2 + digits, "\\x" + "00".substring(digits) + text.between(2, 2 + digits));
    }
  }

  /** Text between {@code \Q} and {@code \E}. */
  private static void quoted(PcreText text) {
    int end = text.distance("\\E", 2);
    String literal = end < 0 ? text.rest().substring(2) : text.between(2, end);
    StringBuilder escaped = new StringBuilder();
    for (char c : literal.toCharArray()) {
      if (c < 0x80 && !isLetter(c) && !isDigit(c)) {
        escaped.append('\\');
      }
      escaped.append(c);
    }
    text.replace(literal.length() + (end < 0 ? 2 : 4), escaped.toString());
  }

  static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
