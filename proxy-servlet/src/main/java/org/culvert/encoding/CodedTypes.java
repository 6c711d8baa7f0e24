package org.culvert.encoding;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code gzip_types}.
 *
 * @param all whether every type is meant, {@code *}; of an answer without a type too
 * @param types media types in lower case
 */
public record CodedTypes(boolean all, Set<String> types) {
  /** nginx takes a charset for no part of the type, any other parameter for one. */
  private static final Pattern CHARSET = Pattern.compile("; *charset=", Pattern.CASE_INSENSITIVE);

  /** A set that nobody changes. */
  public CodedTypes {
    types = Set.copyOf(types);
  }

  boolean contain(@Nullable String contentType) {
    if (all) {
      return true;
    }
    if (contentType == null) {
      return false;
    }
    Matcher charset = CHARSET.matcher(contentType);
    String type = charset.find() ? contentType.substring(0, charset.start()) : contentType;
    return types.contains(type.toLowerCase(Locale.ROOT));
  }
}
