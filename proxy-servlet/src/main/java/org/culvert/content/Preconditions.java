package org.culvert.content;

import java.util.List;
import org.culvert.content.FileRules.IfModifiedSince;
import org.culvert.http.FieldValues;
import org.culvert.http.HeaderFields;
import org.culvert.http.HttpDate;
import org.jspecify.annotations.Nullable;

/**
 * Conditional requests as nginx answers them ({@code ngx_http_not_modified_filter_module.c}, {@code
 * if_modified_since exact}; RFC 9110, section 13).
 */
final class Preconditions {
  private final HeaderFields fields;
  private final long modified;
  private final @Nullable String etag;
  private final IfModifiedSince since;

  /**
   * The conditions of one request.
   *
   * @param modified the file's time, in seconds since the epoch
   * @param etag null where it has none
   */
  Preconditions(HeaderFields fields, long modified, @Nullable String etag, IfModifiedSince since) {
    this.since = since;
    this.fields = fields;
    this.modified = modified;
    this.etag = etag;
  }

  /** 412, 304, or 200 where nothing stands against sending the file. */
  int status() {
    String unmodified = fields.first("If-Unmodified-Since");
    if (unmodified != null && HttpDate.parse(unmodified) < modified) {
      return 412;
    }
    String match = fields.joined("If-Match");
    if (match != null && !matches(match, false)) {
      return 412;
    }
    String time = fields.first("If-Modified-Since");
    String noneMatch = fields.joined("If-None-Match");
    if (time == null && noneMatch == null) {
      return 200;
    }
    boolean changed = time != null && since.isNewer(modified, HttpDate.parse(time));
    if (changed || (noneMatch != null && !matches(noneMatch, true))) {
      return 200;
    }
    return 304;
  }

  /** The Range field where it counts: there, and not where If-Range forbids it; else "". */
  String range() {
    String range = fields.first("Range");
    return range == null || !rangeHolds() ? "" : range;
  }

  private boolean rangeHolds() {
    String ifRange = fields.first("If-Range");
    if (ifRange == null) {
      return true;
    }
    return ifRange.endsWith("\"") ? ifRange.equals(etag) : HttpDate.parse(ifRange) == modified;
  }

  private boolean matches(String list, boolean weak) {
    if (list.equals("*")) {
      return true;
    }
    if (etag == null) {
      return false;
    }
    List<String> tags = FieldValues.tokens(list);
    return tags.contains(etag) || (weak && tags.contains("W/" + etag));
  }
}
