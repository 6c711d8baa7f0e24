package org.culvert.http;

/**
 * One field line: a name as its sender spelled it, and a value without leading or trailing white
 * space (RFC 9110, section 5).
 *
 * @param name the field name; compared without regard to case
 * @param value the field value, possibly empty
 */
public record HeaderField(String name, String value) {
  /** Whether this field's name is the given one, in any case. */
  public boolean is(String other) {
    return name.equalsIgnoreCase(other);
  }
}
