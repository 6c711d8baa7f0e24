package org.culvert.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads a Range field as nginx does ({@code ngx_http_range_parse}; RFC 9110, section 14.2).
 *
 * @param kind what to answer
 * @param ranges the parts asked for, in their order; at least one for {@link Kind#PARTIAL}
 */
public record ByteRanges(Kind kind, List<Range> ranges) {
  /** What to answer. */
  public enum Kind {
    /** 200 with everything: no ranges, not bytes, or more bytes than there are. */
    WHOLE,
    /** 206. */
    PARTIAL,
    /** 416. */
    UNSATISFIABLE
  }

  /** From {@code start} to {@code end}, exclusive. */
  public record Range(long start, long end) {}

  private static final String UNIT = "bytes=";
  private static final ByteRanges WHOLE = new ByteRanges(Kind.WHOLE, List.of());
  private static final ByteRanges UNSATISFIABLE = new ByteRanges(Kind.UNSATISFIABLE, List.of());

  /**
   * Reads the field for a file of that length.
   *
   * @param most ranges, of which more are none
   */
  public static ByteRanges parse(String field, long length, int most) {
    if (most == 0
        || field.length() <= UNIT.length()
        || !field.toLowerCase(Locale.ROOT).startsWith(UNIT)) {
      return WHOLE;
    }
    List<Range> ranges = new ArrayList<>();
    long size = 0;
    for (String spec : field.substring(UNIT.length()).split(",", -1)) {
      Range range = range(spec.strip(), length);
      if (range == null) {
        return UNSATISFIABLE;
      }
      if (range.start < range.end) {
        ranges.add(range);
        size += range.end - range.start;
      } else if (range.start == 0) {
        return WHOLE;
      }
      if (size > length || ranges.size() > most) {
        return WHOLE;
      }
    }
    return ranges.isEmpty() ? UNSATISFIABLE : new ByteRanges(Kind.PARTIAL, List.copyOf(ranges));
  }

  /** One of the list, empty where it lies behind the end; null where it is malformed. */
  private static @Nullable Range range(String spec, long length) {
    int dash = spec.indexOf('-');
    if (dash < 0) {
      return null;
    }
    long first = number(spec.substring(0, dash).strip());
    String after = spec.substring(dash + 1).strip();
    long last = number(after);
    if (dash == 0) {
      return last < 0 ? null : new Range(Math.max(0, length - last), length);
    }
    if (first < 0 || (last < 0 && !after.isEmpty())) {
      return null;
    }
    return new Range(first, after.isEmpty() || last >= length ? length : last + 1);
  }

  /** The number, or -1. */
  private static long number(String digits) {
    if (digits.isEmpty() || digits.length() > 18) {
      return -1;
    }
    for (int i = 0; i < digits.length(); i++) {
      if (digits.charAt(i) < '0' || digits.charAt(i) > '9') {
        return -1;
      }
    }
    return Long.parseLong(digits);
  }
}
