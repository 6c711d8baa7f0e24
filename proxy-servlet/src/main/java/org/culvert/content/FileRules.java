package org.culvert.content;

/**
 * How a location's files may be asked for.
 *
 * @param etag {@code etag}: whether a file has one
 * @param ifModifiedSince {@code if_modified_since}
 * @param maxRanges {@code max_ranges}: with more of them the whole file is sent, with 0 always
 * @param logNotFound {@code log_not_found}
 */
public record FileRules(
    boolean etag, IfModifiedSince ifModifiedSince, int maxRanges, boolean logNotFound) {
  /** nginx's defaults. */
  public static final FileRules DEFAULT =
      new FileRules(true, IfModifiedSince.EXACT, Integer.MAX_VALUE, true);

  /** {@code if_modified_since}: when a file counts as not modified. */
  public enum IfModifiedSince {
    /** Never. */
    OFF,
    /** Where the field names its very second. */
    EXACT,
    /** Where the field names its second or a later one. */
    BEFORE;

    /** Whether a file is newer than a field says. */
    boolean isNewer(long modified, long field) {
      return this == OFF || (this == EXACT ? field != modified : field < modified);
    }
  }
}
