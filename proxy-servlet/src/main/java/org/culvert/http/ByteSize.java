package org.culvert.http;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A size as nginx writes it ({@code ngx_parse_offset}): bytes, with k, m or g behind. */
public final class ByteSize {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,15})([kKmMgG]?)");
  private static final String UNITS = " kmg";

  private ByteSize() {}

  /** The bytes; -1 where the text is no size. */
  public static long parse(String text) {
    Matcher size = SIZE.matcher(text);
    if (!size.matches()) {
      return -1;
    }
    String unit = size.group(2).isEmpty() ? " " : size.group(2).toLowerCase(Locale.ROOT);
    return Long.parseLong(size.group(1)) << (10 * UNITS.indexOf(unit));
  }
}
