package org.culvert.http;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;

/** Dates of fields (RFC 9110, section 5.6.7), in seconds since the epoch. */
public final class HttpDate {
  private static final DateTimeFormatter FIXED =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH);

  private static final List<DateTimeFormatter> READ =
      List.of(
          FIXED,
          new DateTimeFormatterBuilder()
              .appendPattern("EEEE, dd-MMM-")
              .appendValueReduced(ChronoField.YEAR, 2, 2, 1970)
              .appendPattern(" HH:mm:ss 'GMT'")
              .toFormatter(Locale.ENGLISH),
          DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy", Locale.ENGLISH));

  private HttpDate() {}

  /** The date as it is sent: {@code Mon, 28 Sep 1970 06:00:00 GMT}. */
  public static String format(long epochSecond) {
    return FIXED.format(Instant.ofEpochSecond(epochSecond).atOffset(ZoneOffset.UTC));
  }

  /** Reads any of the three forms that a recipient must accept; -1 for anything else. */
  public static long parse(String text) {
    for (DateTimeFormatter form : READ) {
      try {
        return LocalDateTime.parse(text, form).toEpochSecond(ZoneOffset.UTC);
      } catch (DateTimeException notThisForm) {
        continue;
      }
    }
    return -1;
  }
}
