package org.culvert.it.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The head of an HTTP/1.1 message, as it came.
 *
 * @param startLine request or status line
 * @param fields the field lines in order, as they stood
 * @param raw every byte up to and including the empty line
 */
public record Head(String startLine, List<String> fields, byte[] raw) {

  /** Takes a head apart. */
  public static Head parse(byte[] raw) {
    String[] lines = new String(raw, StandardCharsets.ISO_8859_1).split("\r\n", -1);
    List<String> fields = new ArrayList<>();
    for (int i = 1; i < lines.length && !lines[i].isEmpty(); i++) {
      fields.add(lines[i]);
    }
    return new Head(lines[0], List.copyOf(fields), raw);
  }

  /** The status of an answer. */
  public int status() {
    return Integer.parseInt(startLine.split(" ", 3)[1]);
  }

  /** The method of a request. */
  public String method() {
    return startLine.split(" ", 3)[0];
  }

  /** The target of a request, as it stood. */
  public String target() {
    return startLine.split(" ", 3)[1];
  }

  /** All values of a field, in order. */
  public List<String> all(String name) {
    String prefix = name.toLowerCase(Locale.ROOT) + ":";
    return fields.stream()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(prefix))
        .map(line -> line.substring(prefix.length()).strip())
        .toList();
  }

  /** The first value of a field, or null. */
  public String first(String name) {
    Optional<String> value = all(name).stream().findFirst();
    return value.orElse(null);
  }

  /** Whether there is such a field. */
  public boolean has(String name) {
    return !all(name).isEmpty();
  }

  /** Whether the body is chunked. */
  public boolean chunked() {
    return all("Transfer-Encoding").stream().anyMatch(value -> value.equalsIgnoreCase("chunked"));
  }

  /** The length that the head states, or -1. */
  public long length() {
    String length = first("Content-Length");
    return length == null ? -1 : Long.parseLong(length);
  }

  @Override
  public String toString() {
    return new String(raw, StandardCharsets.ISO_8859_1);
  }
}
