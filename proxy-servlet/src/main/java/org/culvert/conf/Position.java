package org.culvert.conf;

/**
 * Where a token stands.
 *
 * @param file the file's path as nginx would print it
 * @param line from 1
 */
public record Position(String file, int line) {
  @Override
  public String toString() {
    return file + ":" + line;
  }
}
