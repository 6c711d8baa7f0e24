package org.culvert.directive;

import java.util.Locale;
import java.util.Map;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Word;
import org.culvert.http.MediaTypes;

/** {@code types} and {@code default_type}. */
final class MediaTypeDirectives {
  private static final Setting<Map<String, String>> TYPES = new Setting<>("types");
  private static final Setting<Word> DEFAULT_TYPE = new Setting<>("default_type");

  private MediaTypeDirectives() {}

  static void define(DirectiveTable table) {
    table.define("types", MediaTypeDirectives::types);
    table.define("default_type", Setter.word(DEFAULT_TYPE));
  }

  private static void types(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    Map<String, String> types = level.own(TYPES);
    if (types == null) {
      types = new java.util.HashMap<>();
      level.put(TYPES, types);
    }
    for (Directive line : Reading.lines(directive)) {
      for (Word extension : line.args()) {
        types.put(extension.text().toLowerCase(Locale.ROOT), line.name());
      }
    }
  }

  /**
   * What holds for a level. Where no {@code types} are given nginx knows three extensions; in a
   * WAR, which has no mime.types to include, those of nginx's own file hold instead.
   */
  static MediaTypes types(Level level, Reading reading) {
    Word named = level.find(DEFAULT_TYPE);
    String otherwise = named == null ? MediaTypes.BUILT_IN.fallback() : named.text();
    Map<String, String> types = level.find(TYPES);
    if (types == null) {
      return reading.options().form() == ConfigurationReader.Form.LAUNCHER
          ? new MediaTypes(MediaTypes.BUILT_IN.byExtension(), otherwise)
          : reading.stockTypes(otherwise);
    }
    return new MediaTypes(types, otherwise);
  }
}
