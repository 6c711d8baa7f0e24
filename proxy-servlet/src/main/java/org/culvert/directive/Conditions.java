package org.culvert.directive;

import java.util.ArrayList;
import java.util.List;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Word;
import org.culvert.rewrite.Condition;
import org.culvert.rewrite.Condition.FileTest;
import org.culvert.variable.Template;

/** Reads what stands in the brackets of {@code if}, in nginx's order and words. */
final class Conditions {
  private final Directive directive;
  private final Reading reading;
  private final List<Word> words;

  private Conditions(Directive directive, Reading reading, List<Word> words) {
    this.directive = directive;
    this.reading = reading;
    this.words = words;
  }

  /** The condition of an {@code if}. */
  static Condition read(Directive directive, Reading reading) throws ConfigurationException {
    return new Conditions(directive, reading, inside(directive)).condition();
  }

  /** The words without the brackets, which may stand alone or be part of a word. */
  private static List<Word> inside(Directive directive) throws ConfigurationException {
    List<Word> words = new ArrayList<>(directive.words().subList(1, directive.words().size()));
    Word first = words.get(0);
    if (!first.text().startsWith("(")) {
      throw invalid(directive, first);
    }
    words.set(0, first.withText(first.text().substring(1)));
    Word last = words.get(words.size() - 1);
    if (!last.text().endsWith(")")) {
      throw invalid(directive, last);
    }
    words.set(words.size() - 1, last.withText(last.text().substring(0, last.text().length() - 1)));
    if (words.size() > 1 && words.get(0).text().isEmpty()) {
      words.remove(0);
    }
    if (words.size() > 1 && words.get(words.size() - 1).text().isEmpty()) {
      words.remove(words.size() - 1);
    }
    return words;
  }

  private Condition condition() throws ConfigurationException {
    Word first = words.get(0);
    String text = first.text();
    if (text.length() > 1 && text.startsWith("$")) {
      return ofVariable(first);
    }
    if (text.matches("!?-.")) {
      return ofFile(first);
    }
    throw invalid(directive, first);
  }

  private Condition ofVariable(Word variable) throws ConfigurationException {
    if (words.size() != 1 && words.size() != 3) {
      throw invalid(directive, variable);
    }
    Template value = variable(variable);
    if (words.size() == 1) {
      return new Condition.Filled(value);
    }
    Word operator = words.get(1);
    return switch (operator.text()) {
      case "=" -> new Condition.Equal(value, reading.template(words.get(2)));
      case "!=" -> new Condition.Not(new Condition.Equal(value, reading.template(words.get(2))));
      case "~" -> match(value, false);
      case "~*" -> match(value, true);
      case "!~" -> new Condition.Not(match(value, false));
      case "!~*" -> new Condition.Not(match(value, true));
      default -> throw directive.error("unexpected \"" + operator.text() + "\" in condition");
    };
  }

  /** One variable and nothing else: nginx takes all behind "$" for its name. */
  private Template variable(Word word) throws ConfigurationException {
    String name = word.text().substring(1);
    if (name.matches("[A-Za-z_]\\w*")) {
      return reading.template(word);
    }
    throw directive.error("unknown \"" + name + "\" variable");
  }

  private Condition match(Template value, boolean ignoreCase) throws ConfigurationException {
    return new Condition.Match(
        value, reading.capturing(words.get(2).text(), ignoreCase, directive));
  }

  private Condition ofFile(Word operator) throws ConfigurationException {
    if (words.size() != 2) {
      throw invalid(directive, operator);
    }
    boolean negated = operator.text().startsWith("!");
    FileTest test =
        switch (operator.text().substring(negated ? 2 : 1)) {
          case "f" -> FileTest.FILE;
          case "d" -> FileTest.DIRECTORY;
          case "e" -> FileTest.EXISTS;
          case "x" -> FileTest.EXECUTABLE;
          default -> throw invalid(directive, operator);
        };
    Condition condition = new Condition.InFiles(test, reading.template(words.get(1)));
    return negated ? new Condition.Not(condition) : condition;
  }

  private static ConfigurationException invalid(Directive directive, Word word) {
    return directive.error("invalid condition \"" + word.text() + "\"");
  }
}
