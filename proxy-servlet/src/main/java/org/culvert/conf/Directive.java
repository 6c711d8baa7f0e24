package org.culvert.conf;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A simple directive (words and ";") or a block directive (words and "{ … }").
 *
 * @param words the name and the parameters; at least one
 * @param position where its ";" or "{" stands: the line that nginx names in messages
 * @param block what stands in the braces; null for a simple directive
 */
public record Directive(List<Word> words, Position position, @Nullable Block block) {

  /** The directives between braces, in order, included files put in their place. */
  public record Block(List<Directive> directives, Position end) {}

  /** The first word. */
  public String name() {
    return words.get(0).text();
  }

  /** How many parameters follow the name. */
  public int arity() {
    return words.size() - 1;
  }

  /** The text of parameter {@code n}, the first being 1. */
  public String arg(int n) {
    return words.get(n).text();
  }

  /** The parameters. */
  public List<Word> args() {
    return words.subList(1, words.size());
  }

  /** An error at this directive. */
  public ConfigurationException error(String message) {
    return new ConfigurationException(message, position);
  }
}
