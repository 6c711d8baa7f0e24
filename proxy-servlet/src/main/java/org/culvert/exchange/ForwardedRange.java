package org.culvert.exchange;

import org.culvert.exchange.ProxySettings.Ranges;
import org.culvert.http.ByteRanges;
import org.culvert.http.HeaderFields;
import org.culvert.http.HttpDate;
import org.culvert.http.RequestHead;
import org.culvert.http.ResponseHead;
import org.jspecify.annotations.Nullable;

/**
 * The part of a backend's answer that the client asked for and is given ({@code
 * proxy_force_ranges}; nginx, {@code ngx_http_range_filter_module.c}): one range of a 200 whose
 * length is known. Where none of its bytes is there the answer is 416 with an empty part.
 *
 * @param start its first byte
 * @param end behind its last; {@link Long#MAX_VALUE} where all is sent
 * @param length of the whole, -1 where nothing is cut
 * @param offered whether the client is told that it may ask for parts
 */
record ForwardedRange(long start, long end, long length, boolean offered) {
  private static final ForwardedRange ALL = new ForwardedRange(0, Long.MAX_VALUE, -1, false);
  private static final ForwardedRange OFFERED = new ForwardedRange(0, Long.MAX_VALUE, -1, true);

  /** What a request gets of an answer. */
  static ForwardedRange of(ResponseHead answer, Ranges ranges, RequestHead request) {
    long length = length(answer.fields().first("Content-Length"));
    if (ranges != Ranges.FORCED || answer.status() != 200 || length < 0) {
      return ALL;
    }
    String asked = request.fields().first("Range");
    if (asked == null || !holds(request.fields().first("If-Range"), answer.fields())) {
      return OFFERED;
    }
    ByteRanges parsed = ByteRanges.parse(asked, length, 1);
    return switch (parsed.kind()) {
      case WHOLE -> OFFERED;
      case PARTIAL ->
          new ForwardedRange(
              parsed.ranges().get(0).start(), parsed.ranges().get(0).end(), length, false);
      case UNSATISFIABLE -> new ForwardedRange(0, 0, length, false);
    };
  }

  private static long length(@Nullable String field) {
    try {
      return field == null ? -1 : Long.parseLong(field);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private static boolean holds(@Nullable String ifRange, HeaderFields answer) {
    if (ifRange == null) {
      return true;
    }
    if (ifRange.endsWith("\"")) {
      return ifRange.equals(answer.first("ETag"));
    }
    String modified = answer.first("Last-Modified");
    return modified != null && HttpDate.parse(ifRange) == HttpDate.parse(modified);
  }

  /** Whether there is nothing of it. */
  boolean isUnsatisfiable() {
    return length >= 0 && start == end;
  }

  /** The head that the part has. */
  ResponseHead head(ResponseHead whole) {
    HeaderFields fields = whole.fields();
    if (offered) {
      fields.add("Accept-Ranges", "bytes");
    }
    if (length < 0) {
      return whole;
    }
    fields.set("Content-Length", Long.toString(end - start));
    fields.set("Content-Range", "bytes " + start + "-" + (end - 1) + "/" + length);
    return new ResponseHead(206, null, fields);
  }
}
