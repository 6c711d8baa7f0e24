package org.culvert.http;

import java.util.Locale;
import java.util.Map;

/**
 * {@code types} and {@code default_type}: the media type by a path's extension.
 *
 * @param byExtension types by extension in lower case, without "."
 * @param fallback the type of everything else; "" for none
 */
public record MediaTypes(Map<String, String> byExtension, String fallback) {
  /**
   * nginx's types when the configuration has neither {@code types} nor {@code default_type}: three
   * extensions, else text/plain.
   */
  public static final MediaTypes BUILT_IN =
      new MediaTypes(
          Map.of("html", "text/html", "gif", "image/gif", "jpg", "image/jpeg"), "text/plain");

  /** Makes the map unmodifiable. */
  public MediaTypes {
    byExtension = Map.copyOf(byExtension);
  }

  /**
   * The type for a path, or "" where there is none. A dot that begins a name begins no extension.
   */
  public String of(String path) {
    int dot = path.lastIndexOf('.');
    if (dot < 1 || path.charAt(dot - 1) == '/' || path.indexOf('/', dot) >= 0) {
      return fallback;
    }
    String extension = path.substring(dot + 1).toLowerCase(Locale.ROOT);
    return byExtension.getOrDefault(extension, fallback);
  }
}
