package org.culvert.limit;

/** How grave a line of the error log is, the gravest first: nginx's levels that limits use. */
public enum Severity {
  ALERT,
  ERROR,
  WARN,
  NOTICE,
  INFO;

  /** The next that is less grave; of the least grave itself. */
  Severity lesser() {
    return this == INFO ? INFO : values()[ordinal() + 1];
  }
}
