package org.culvert.conf;

/**
 * Where a token stands.
 *
 * @param file the file's path as nginx would print it
 * @param line from 1; 0 where there are no lines ("command line")
 */
public record Position(String file, int line) {
  @Override
  public String toString() {
    return line == 0 ? file : file + ":" + line;
  }
}
