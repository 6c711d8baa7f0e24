package org.culvert.content;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.culvert.http.MediaTypes;

/** The types of nginx's stock {@code mime.types}. */
public final class StockMediaTypes {
  private StockMediaTypes() {}

  /** The types, with the given {@code default_type}. */
  public static MediaTypes load(String fallback) {
    Map<String, String> types = new HashMap<>();
    try (InputStream in = StockMediaTypes.class.getResourceAsStream("media-types.txt")) {
      if (in == null) {
        throw new IOException("media-types.txt is not in the JAR");
      }
      String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
      text.lines().filter(line -> !line.startsWith("#")).forEach(line -> add(types, line));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new MediaTypes(types, fallback);
  }

  private static void add(Map<String, String> types, String line) {
    String[] words = line.split(" ");
    for (int i = 1; i < words.length; i++) {
      types.put(words[i], words[0]);
    }
  }
}
