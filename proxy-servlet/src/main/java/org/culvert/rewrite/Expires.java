package org.culvert.rewrite;

import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.function.Function;
import org.culvert.http.HeaderFields;
import org.culvert.http.HttpDate;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * {@code expires} (ngx_http_headers_module): sets Expires and Cache-Control of an answer, whatever
 * it had of them.
 *
 * @param rule what the directive says to a request; null where it sets nothing
 * @param modified counted from Last-Modified, where the answer has it
 */
public record Expires(Function<Scope, @Nullable Rule> rule, boolean modified) {
  /** No field is set. */
  public static final Expires OFF = new Expires(scope -> null, false);

  private static final String FIRST_SECOND = "Thu, 01 Jan 1970 00:00:01 GMT";
  private static final String LAST_OF_32_BITS = "Thu, 31 Dec 2037 23:55:55 GMT";
  private static final long TEN_YEARS = 315_360_000;

  /** How an answer ages. */
  public enum Kind {
    /** {@code epoch}: it is old already. */
    EPOCH,
    /** {@code max}: never. */
    MAX,
    /** After a time, which may be negative. */
    AFTER,
    /** {@code @time}: at a time of the day, in the machine's zone. */
    DAILY
  }

  /**
   * A text that was read.
   *
   * @param seconds the time, or of the day
   */
  public record Rule(Kind kind, long seconds) {}

  /** Sets the fields, for a status that {@code add_header} is for too. */
  public void apply(int status, Scope scope, HeaderFields fields) {
    Rule said = this == OFF || !AddHeaders.isFor(status) ? null : rule.apply(scope);
    if (said == null) {
      return;
    }
    switch (said.kind) {
      case EPOCH -> set(fields, FIRST_SECOND, "no-cache");
      case MAX -> set(fields, LAST_OF_32_BITS, "max-age=" + TEN_YEARS);
      default -> {
        long now = Instant.now().getEpochSecond();
        long end = end(said, now, fields.first("Last-Modified"));
        boolean isOld = said.seconds < 0 || end < now;
        set(fields, HttpDate.format(end), isOld ? "no-cache" : "max-age=" + (end - now));
      }
    }
  }

  private long end(Rule said, long now, @Nullable String lastModified) {
    if (said.kind == Kind.DAILY) {
      return next(said.seconds, now);
    }
    long from = modified && lastModified != null ? HttpDate.parse(lastModified) : now;
    // nginx takes "expires modified 0" for now too.
    return (from < 0 || said.seconds == 0 ? now : from) + said.seconds;
  }

  private static long next(long secondOfDay, long now) {
    ZonedDateTime today = Instant.ofEpochSecond(now).atZone(ZoneId.systemDefault());
    ZonedDateTime at = today.with(LocalTime.MIDNIGHT).plusSeconds(secondOfDay);
    return (at.toEpochSecond() > now ? at : at.plusDays(1)).toEpochSecond();
  }

  private static void set(HeaderFields fields, String expires, String cacheControl) {
    fields.set("Expires", expires);
    fields.set("Cache-Control", cacheControl);
  }
}
