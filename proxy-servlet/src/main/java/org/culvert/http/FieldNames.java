package org.culvert.http;

/** Which field names are forwarded. */
public final class FieldNames {
  private FieldNames() {}

  /**
   * Whether a client's field of that name is kept: only letters, digits and "-" (nginx, {@code
   * ignore_invalid_headers on} and {@code underscores_in_headers off}). An underscore would let
   * {@code X_User} pass for {@code X-User} at a backend that does not tell them apart.
   */
  public static boolean isKept(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && !(c >= '0' && c <= '9') && c != '-') {
        return false;
      }
    }
    return !name.isEmpty();
  }

  /** Drops the fields that {@link #isKept} does not accept. */
  public static void dropInvalid(HeaderFields fields) {
    fields.removeIf(field -> !isKept(field.name()));
  }
}
