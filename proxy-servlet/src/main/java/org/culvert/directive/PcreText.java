package org.culvert.directive;

/** A pattern while it is translated: where we stand in it, and what came out so far. */
final class PcreText {
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
              + (offset > 0 && offset < pattern.length()
                  ? " at \"" + pattern.substring(offset) + "\""
                  : ""));
    }
  }

  private final String pattern;
  private final StringBuilder out = new StringBuilder();
  private int at;

  PcreText(String pattern) {
    this.pattern = pattern;
  }

  boolean atEnd() {
    return at >= pattern.length();
  }

  /** Whether there is no character so many further on. */
  boolean atEnd(int ahead) {
    return at + ahead >= pattern.length();
  }

  /** The character so many further on, or NUL behind the end. */
  char peek(int ahead) {
    return at + ahead < pattern.length() ? pattern.charAt(at + ahead) : '\0';
  }

  boolean startsWith(String text) {
    return pattern.startsWith(text, at);
  }

  /** How far the text is away, counted from so many characters on; or -1. */
  int distance(String text, int ahead) {
    int found = pattern.indexOf(text, at + ahead);
    return found < 0 ? -1 : found - at;
  }

  /** The text between two distances. */
  String between(int from, int to) {
    return pattern.substring(at + from, at + to);
  }

  /** What is left. */
  String rest() {
    return pattern.substring(at);
  }

  void skip(int characters) {
    at += characters;
  }

  /** Puts something in the place of some characters. */
  void replace(int characters, String replacement) {
    out.append(replacement);
    at += characters;
  }

  /** Takes characters as they are. */
  void copy(int characters) {
    replace(characters, between(0, characters));
  }

  String translated() {
    return out.toString();
  }

  InvalidPatternException error(String reason) {
    return new InvalidPatternException(reason, pattern, at);
  }

  InvalidPatternException unsupported(String what) {
    return error("\"" + what + "\" has no counterpart in java.util.regex");
  }
}
