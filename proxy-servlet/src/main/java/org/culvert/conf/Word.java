package org.culvert.conf;

/**
 * One word of the configuration, its quotes removed and its escapes resolved; {@code $name} is left
 * as it stands.
 *
 * @param text the word, possibly empty when it was quoted
 * @param position where it begins
 */
public record Word(String text, Position position) {
  /** Another word, for messages at the same place. */
  public Word withText(String other) {
    return new Word(other, position);
  }

  @Override
  public String toString() {
    return text;
  }
}
