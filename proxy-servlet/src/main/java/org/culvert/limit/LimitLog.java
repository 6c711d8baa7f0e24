package org.culvert.limit;

/** Takes the lines of limits; adds to each whom it is about. */
@FunctionalInterface
public interface LimitLog {
  /** Writes a line. */
  void write(Severity severity, String message);
}
