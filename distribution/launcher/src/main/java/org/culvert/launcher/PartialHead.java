package org.culvert.launcher;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.culvert.http.HeaderFields;
import org.culvert.servlet.RefusedRequest;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;

/**
 * What was read of a head that is not whole yet, or never will be. Thread-safe: who gives it up may
 * do so while another reads on.
 */
final class PartialHead {
  /** What nginx keeps of a line that is too long: {@code NGX_MAX_ERROR_STR - 300}. */
  private static final int LONGEST = 1748;

  private final ByteArrayOutputStream line = new ByteArrayOutputStream(0);
  private boolean lineIsWhole;
  private boolean inFields;
  private final List<HttpField> fields = new ArrayList<>();

  /** Another request begins. */
  synchronized void clear() {
    line.reset();
    lineIsWhole = false;
    fields.clear();
  }

  /** Takes the bytes of a read from one index to another, of which the line's are kept. */
  synchronized void read(ByteBuffer bytes, int from, int to) {
    if (lineIsWhole) {
      return;
    }
    int limit = bytes.limit();
    bytes.limit(to); // A parser that fails has cleared it; what it read is still there.
    for (int i = from; i < to && !lineIsWhole; i++) {
      byte next = bytes.get(i);
      boolean blank = line.size() == 0 && (next == '\r' || next == '\n');
      if (next == '\n' && !blank || line.size() > LONGEST) {
        lineIsWhole = true;
      } else if (!blank) {
        line.write(next);
      }
    }
    bytes.limit(limit);
  }

  /** Takes a field that was read whole. */
  synchronized void field(HttpField field) {
    fields.add(field);
  }

  /** Takes note whether its fields are being read, or still its line. */
  synchronized void inFields(boolean now) {
    inFields = now;
  }

  /** Whether its fields are being read. */
  synchronized boolean inFields() {
    return inFields;
  }

  /** Whether it has a transfer coding that is not chunked alone. */
  synchronized boolean hasForeignCoding() {
    return fields.stream()
        .anyMatch(
            field ->
                field.getHeader() == HttpHeader.TRANSFER_ENCODING
                    && !"chunked".equalsIgnoreCase(field.getValue()));
  }

  /** What the logs are told. */
  synchronized RefusedRequest.Head soFar() {
    HeaderFields read = new HeaderFields();
    fields.forEach(field -> read.add(field.getName(), String.valueOf(field.getValue())));
    return new RefusedRequest.Head(line(), read);
  }

  private String line() {
    String text = line.toString(StandardCharsets.ISO_8859_1);
    if (text.length() > LONGEST) {
      return text.substring(0, LONGEST) + "...";
    }
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }
}
