package org.culvert.limit;

/** What is said of keys. */
final class Keys {
  private Keys() {}

  /** That one is not counted for its length. */
  static String tooLong(ZoneSettings zone, int longest, String key) {
    return "the value of the \""
        + zone.key().source()
        + "\" key is more than "
        + longest
        + " bytes: \""
        + key
        + "\"";
  }
}
