package org.culvert.conf;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a text into directives exactly as nginx does ({@code ngx_conf_read_token}): words end at
 * white space, ";" and "{"; quotes count only at the beginning of a word; "#" begins a comment only
 * where a word could begin; "{" after "$" belongs to the word.
 */
final class Lexer {
  /** What ended the words. */
  enum End {
    SEMICOLON,
    BLOCK_START,
    BLOCK_END,
    FILE_END
  }

  /** nginx's buffer: no word may be longer. */
  private static final int LONGEST_WORD = 4096;

  private static final int NONE = -1;

  private final String file;
  private final String text;
  private final boolean isCommandLine;
  private List<Word> words = new ArrayList<>();
  private int next;
  private int line;

  Lexer(String file, String text, boolean isCommandLine) {
    this.file = file;
    this.text = text;
    this.isCommandLine = isCommandLine;
    this.line = isCommandLine ? 0 : 1;
  }

  /** The words before the last end. */
  List<Word> words() {
    return words;
  }

  /** Where the lexer stands, which is where nginx reports errors. */
  Position position() {
    return new Position(file, line);
  }

  /** Reads up to the next ";", "{" or "}", or the end of the text. */
  End next() throws ConfigurationException {
    words = new ArrayList<>();
    while (true) {
      int c = skipBlank();
      switch (c) {
        case NONE -> {
          if (!words.isEmpty()) {
            throw unexpectedEnd();
          }
          return End.FILE_END;
        }
        case ';', '{' -> {
          if (words.isEmpty()) {
            throw error("unexpected \"" + (char) c + "\"");
          }
          return c == ';' ? End.SEMICOLON : End.BLOCK_START;
        }
        case '}' -> {
          if (!words.isEmpty()) {
            throw error("unexpected \"}\"");
          }
          return End.BLOCK_END;
        }
        case '"', '\'' -> quoted((char) c);
        default -> bare();
      }
    }
  }

  /** The first character that is neither white space nor comment, consumed, or NONE at the end. */
  private int skipBlank() {
    boolean comment = false;
    while (next < text.length()) {
      char c = read();
      if (c == '\n') {
        comment = false;
      } else if (c == '#') {
        comment = true;
      } else if (!comment && !isSpace(c)) {
        return c;
      }
    }
    return NONE;
  }

  private void quoted(char quote) throws ConfigurationException {
    int start = next;
    Position at = position();
    while (true) {
      char c = readInWord(start, at, quote);
      if (c == '\\') {
        readInWord(start, at, quote);
      } else if (c == quote) {
        break;
      }
    }
    words.add(new Word(unescape(start, next - 1), at));
    if (next < text.length()) {
      char c = text.charAt(next);
      if (!isSpace(c) && c != ';' && c != '{' && c != ')') {
        throw error("unexpected \"" + c + "\"");
      }
    }
  }

  private void bare() throws ConfigurationException {
    int start = next - 1;
    Position at = position();
    char c = text.charAt(start);
    boolean variable = false;
    while (true) {
      if (c == '\\') {
        variable = false;
        readInWord(start, at, '\0');
      } else if (c == '$') {
        variable = true;
      } else if (isSpace(c) || c == ';' || (c == '{' && !variable)) {
        break;
      } else if (c != '{') {
        variable = false;
      }
      c = readInWord(start, at, '\0');
    }
    unread(c);
    words.add(new Word(unescape(start, next), at));
  }

  private char readInWord(int start, Position at, char quote) throws ConfigurationException {
    if (next == text.length()) {
      throw unexpectedEnd();
    }
    if (next - start >= LONGEST_WORD) {
      throw new ConfigurationException(
          quote == '\0'
              ? "too long parameter \"" + text.substring(start, start + 10) + "...\" started"
              : "too long parameter, probably missing terminating \"" + quote + "\" character",
          at);
    }
    return read();
  }

  private char read() {
    char c = text.charAt(next++);
    if (c == '\n' && !isCommandLine) {
      line++;
    }
    return c;
  }

  private void unread(char c) {
    next--;
    if (c == '\n' && !isCommandLine) {
      line--;
    }
  }

  private String unescape(int from, int to) {
    StringBuilder word = new StringBuilder(to - from);
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      char escaped = c == '\\' && i + 1 < to ? text.charAt(i + 1) : '\0';
      switch (escaped) {
        case '"', '\'', '\\' -> word.append(escaped);
        case 't' -> word.append('\t');
        case 'r' -> word.append('\r');
        case 'n' -> word.append('\n');
        default -> {
          word.append(c);
          continue;
        }
      }
      i++;
    }
    return word.toString();
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  }

  private ConfigurationException unexpectedEnd() {
    return error(
        isCommandLine
            ? "unexpected end of parameter, expecting \";\""
            : "unexpected end of file, expecting \";\" or \"}\"");
  }

  private ConfigurationException error(String message) {
    return new ConfigurationException(message, position());
  }
}
