package org.culvert.location;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The locations of one server, searched in nginx's order: an exact one ends the search; else the
 * longest prefix is remembered; with {@code ^~} it ends the search; else the first regex that
 * matches wins, nested ones of the remembered prefix before the outer ones; else the prefix (nginx,
 * "location"). Immutable, thread-safe.
 */
public final class LocationTree<T> {
  /** Collects locations in the order of the file. */
  public static final class Builder<T> {
    /** {@code location = path}. */
    public Builder<T> exact(String path, T found) {
      throw new UnsupportedOperationException("not yet");
    }

    /**
     * {@code location path} and {@code location ^~ path}.
     *
     * @param nested the locations within, or null
     */
    public Builder<T> prefix(
        String path, boolean noRegex, T found, @Nullable LocationTree<T> nested) {
      throw new UnsupportedOperationException("not yet");
    }

    /** {@code location ~} and {@code location ~*}; the pattern knows its case. */
    public Builder<T> regex(Pattern pattern, T found, @Nullable LocationTree<T> nested) {
      throw new UnsupportedOperationException("not yet");
    }

    /** {@code location @name}. */
    public Builder<T> named(String name, T found) {
      throw new UnsupportedOperationException("not yet");
    }

    /** The tree. */
    public LocationTree<T> build() {
      throw new UnsupportedOperationException("not yet");
    }
  }

  private LocationTree() {}

  /** Starts a tree. */
  public static <T> Builder<T> builder() {
    return new Builder<>();
  }

  /** The location for a normalised path, or null where none matches. */
  public @Nullable LocationMatch<T> find(String path) {
    throw new UnsupportedOperationException("not yet");
  }

  /** The location {@code @name}; the name includes "@". Null where there is none. */
  public @Nullable T named(String name) {
    throw new UnsupportedOperationException("not yet");
  }
}
