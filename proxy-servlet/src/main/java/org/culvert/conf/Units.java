package org.culvert.conf;

import java.time.Duration;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** nginx's measurement units: "8k", "1m", "2g"; "30s", "1h 30m", "250ms". */
public final class Units {
  /** The units of time in the order in which they may follow one another. */
  private static final String STEPS = "yMwdhms";

  private static final long[] SECONDS = {365L * 86400, 30L * 86400, 7L * 86400, 86400, 3600, 60, 1};
  private static final int MONTH = 1;
  private static final int SECOND = 6;
  private static final int MILLISECOND = 7;

  private Units() {}

  /** A size in bytes with k, m or g; empty where it is none. */
  public static OptionalLong size(String text) {
    int digits = text.length();
    long scale = 1;
    if (digits > 0) {
      switch (text.charAt(digits - 1)) {
        case 'k', 'K' -> scale = 1024;
        case 'm', 'M' -> scale = 1024 * 1024;
        case 'g', 'G' -> scale = 1024 * 1024 * 1024;
        default -> digits++;
      }
      digits--;
    }
    long number = digits(text.substring(0, digits));
    return number < 0 || number > Long.MAX_VALUE / scale
        ? OptionalLong.empty()
        : OptionalLong.of(number * scale);
  }

  /** A whole number that is not negative. */
  public static OptionalInt number(String text) {
    long number = digits(text);
    return number < 0 || number > Integer.MAX_VALUE
        ? OptionalInt.empty()
        : OptionalInt.of((int) number);
  }

  /** A time where years, months and milliseconds are told apart as nginx does; seconds only. */
  public static @Nullable Duration seconds(String text) {
    long seconds = time(text, true);
    return seconds < 0 ? null : Duration.ofSeconds(seconds);
  }

  /** A time down to milliseconds, without years and months; null where it is none. */
  public static @Nullable Duration milliseconds(String text) {
    long millis = time(text, false);
    return millis < 0 ? null : Duration.ofMillis(millis);
  }

  /** nginx's {@code ngx_parse_time}: in seconds or milliseconds, or -1. */
  private static long time(String text, boolean inSeconds) {
    int step = inSeconds ? -1 : MONTH;
    long total = 0;
    int at = 0;
    while (at < text.length()) {
      int start = at;
      while (at < text.length() && isDigit(text.charAt(at))) {
        at++;
      }
      long value = start == at && start > 0 ? 0 : digits(text.substring(start, at));
      if (value < 0) {
        return -1;
      }
      boolean bare = at == text.length() || text.charAt(at) == ' ';
      boolean millis = !bare && text.startsWith("ms", at);
      int unit = bare ? SECOND : millis ? MILLISECOND : STEPS.indexOf(text.charAt(at));
      if (unit <= step || (millis && inSeconds)) {
        return -1;
      }
      step = bare ? MILLISECOND : unit;
      at += bare ? 0 : millis ? 2 : 1;
      long scale = millis ? 1 : SECONDS[unit] * (inSeconds ? 1 : 1000);
      if (value > (Long.MAX_VALUE - total) / scale) {
        return -1;
      }
      total += value * scale;
      while (at < text.length() && text.charAt(at) == ' ') {
        at++;
      }
    }
    return text.isEmpty() ? -1 : total;
  }

  private static long digits(String text) {
    if (text.isEmpty() || text.length() > 18) {
      return -1;
    }
    for (int i = 0; i < text.length(); i++) {
      if (!isDigit(text.charAt(i))) {
        return -1;
      }
    }
    return Long.parseLong(text);
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
