package org.culvert.conf;

import java.io.IOException;
import java.util.List;

/** A text of configuration, and what its {@code include}s are relative to. */
public interface Source {
  /** The path as messages name it. */
  String name();

  /**
   * The whole text, as nginx sees it: one char (0 to 255) for each byte, whatever the encoding.
   *
   * @throws IOException when it cannot be read
   */
  String text() throws IOException;

  /** The path of a file that is named relative to the configuration, a certificate for instance. */
  String path(String file);

  /**
   * The files that an {@code include} names, in alphabetical order. A pattern without "*", "?" and
   * "[" names one file, whether it is there or not; a pattern with them may match none.
   *
   * @throws IOException when a folder cannot be listed
   */
  List<Source> include(String pattern) throws IOException;
}
