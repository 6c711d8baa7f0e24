package org.culvert.servlet;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The error log from now on, which is the standard error stream's in these tests. */
final class ErrorLog implements AutoCloseable {
  private final PrintStream before = System.err;
  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();

  ErrorLog() {
    System.setErr(new PrintStream(lines, true, StandardCharsets.UTF_8));
  }

  /** Its lines with this text. */
  List<String> with(String text) {
    return lines.toString(StandardCharsets.UTF_8).lines().filter(l -> l.contains(text)).toList();
  }

  @Override
  public void close() {
    System.setErr(before);
    before.print(lines.toString(StandardCharsets.UTF_8));
  }
}
