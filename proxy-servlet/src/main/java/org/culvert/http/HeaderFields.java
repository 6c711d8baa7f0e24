package org.culvert.http;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Header or trailer fields in the order in which they came; repeated fields stay repeated and in
 * order (RFC 9110, section 5.3). Mutable, confined to the request that owns it.
 */
public final class HeaderFields implements Iterable<HeaderField> {
  private final List<HeaderField> fields;

  /** No fields. */
  public HeaderFields() {
    fields = new ArrayList<>(16);
  }

  /** A copy of the given fields. */
  public HeaderFields(HeaderFields other) {
    fields = new ArrayList<>(other.fields);
  }

  /** Fields from alternating names and values; for tests and constants. */
  public static HeaderFields of(String... namesAndValues) {
    HeaderFields result = new HeaderFields();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      result.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return result;
  }

  /** Appends a field. */
  public HeaderFields add(String name, String value) {
    fields.add(new HeaderField(name, value));
    return this;
  }

  /** Appends a field as it is. */
  public HeaderFields add(HeaderField field) {
    fields.add(field);
    return this;
  }

  /** Removes every spelling of the name, then appends the field. */
  public HeaderFields set(String name, String value) {
    remove(name);
    return add(name, value);
  }

  /** Removes every field of that name, in any case. */
  public boolean remove(String name) {
    return fields.removeIf(field -> field.is(name));
  }

  /** Removes the fields that the predicate accepts. */
  public boolean removeIf(Predicate<HeaderField> unwanted) {
    return fields.removeIf(unwanted);
  }

  /** The value of the first field of that name, or null. */
  public @Nullable String first(String name) {
    for (HeaderField field : fields) {
      if (field.is(name)) {
        return field.value();
      }
    }
    return null;
  }

  /** All values of that name, in order. */
  public List<String> all(String name) {
    List<String> values = new ArrayList<>(2);
    for (HeaderField field : fields) {
      if (field.is(name)) {
        values.add(field.value());
      }
    }
    return values;
  }

  /**
   * The values of that name joined with ", " (RFC 9110, section 5.2), or null where there is none.
   */
  public @Nullable String joined(String name) {
    List<String> values = all(name);
    return values.isEmpty() ? null : String.join(", ", values);
  }

  /** Whether there is a field of that name. */
  public boolean contains(String name) {
    return first(name) != null;
  }

  /**
   * Whether any field of that name, read as a comma-separated list, has the token, in any case and
   * position (RFC 9110, section 5.6.1).
   */
  public boolean hasToken(String name, String token) {
    for (HeaderField field : fields) {
      if (field.is(name) && FieldValues.hasToken(field.value(), token)) {
        return true;
      }
    }
    return false;
  }

  /** Appends all of the given fields. */
  public HeaderFields addAll(Collection<HeaderField> more) {
    fields.addAll(more);
    return this;
  }

  /** The number of field lines. */
  public int size() {
    return fields.size();
  }

  /** The fields now, as an unmodifiable copy. */
  public List<HeaderField> toList() {
    return List.copyOf(fields);
  }

  @Override
  public Iterator<HeaderField> iterator() {
    return fields.iterator();
  }

  @Override
  public String toString() {
    return fields.toString();
  }
}
