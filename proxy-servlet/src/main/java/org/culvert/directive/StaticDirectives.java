package org.culvert.directive;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Units;
import org.culvert.conf.Word;
import org.culvert.content.FileRules;
import org.culvert.content.FileRules.IfModifiedSince;
import org.culvert.content.StaticSettings;
import org.culvert.content.TryFiles;
import org.culvert.directive.LocationDirectives.Path;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/** Static files: {@code root}, {@code alias}, {@code index}, and how they may be asked for. */
final class StaticDirectives {
  private static final Setting<Folder> FOLDER = new Setting<>("root");
  private static final Setting<List<Template>> INDEX = new Setting<>("index");
  private static final Setting<TryFiles> TRY_FILES = new Setting<>("try_files");
  private static final Setting<Boolean> ETAG = new Setting<>("etag");
  private static final Setting<Integer> MAX_RANGES = new Setting<>("max_ranges");
  private static final Setting<Boolean> LOG_NOT_FOUND = new Setting<>("log_not_found");
  private static final Setting<IfModifiedSince> IF_MODIFIED_SINCE =
      new Setting<>("if_modified_since");
  private static final int HIGHEST_STATUS = 999;

  /**
   * {@code root} or {@code alias}.
   *
   * @param prefix what {@code alias} replaces: the path of the location that has it, "" in a
   *     location by regex, whose alias is the whole file name
   */
  private record Folder(Template path, boolean alias, String prefix) {}

  private StaticDirectives() {}

  static void define(DirectiveTable table) {
    table.define("root", StaticDirectives::folder);
    table.define("alias", StaticDirectives::folder);
    table.define("index", StaticDirectives::index);
    table.define("try_files", StaticDirectives::tryFiles);
    table.define("etag", Setter.flag(ETAG));
    table.define("max_ranges", Setter.number(MAX_RANGES));
    table.define("log_not_found", Setter.flag(LOG_NOT_FOUND));
    table.define(
        "if_modified_since",
        Setter.choice(
            IF_MODIFIED_SINCE,
            Map.of(
                "off", IfModifiedSince.OFF,
                "exact", IfModifiedSince.EXACT,
                "before", IfModifiedSince.BEFORE)));
  }

  /** Whether a folder was named here or around. */
  static boolean hasFolder(Level level) {
    return level.find(FOLDER) != null;
  }

  /** The settings; without any {@code root} nginx's default, "html" under the prefix. */
  static StaticSettings settings(Level level, Reading reading) {
    Folder folder =
        level.get(FOLDER, new Folder(Template.constant(reading.path("html")), false, ""));
    return new StaticSettings(
        folder.path(),
        folder.alias(),
        folder.prefix(),
        List.copyOf(level.get(INDEX, List.of(Template.constant("index.html")))),
        MediaTypeDirectives.types(level, reading),
        new FileRules(
            level.get(ETAG, true),
            level.get(IF_MODIFIED_SINCE, IfModifiedSince.EXACT),
            level.get(MAX_RANGES, Integer.MAX_VALUE),
            level.get(LOG_NOT_FOUND, true)));
  }

  /** {@code max_ranges}, of whatever is answered in parts. */
  static int maxRanges(Level level) {
    return level.get(MAX_RANGES, Integer.MAX_VALUE);
  }

  /** {@code try_files}, which is not inherited. */
  static @Nullable TryFiles tryFiles(Level level) {
    return level.own(TRY_FILES);
  }

  private static void tryFiles(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    level.requireUnset(TRY_FILES, directive);
    List<TryFiles.Candidate> candidates = new ArrayList<>();
    for (int i = 1; i < directive.arity(); i++) {
      String text = directive.arg(i);
      boolean isFolder = text.endsWith("/");
      Word uri = directive.words().get(i);
      candidates.add(
          new TryFiles.Candidate(
              reading.template(isFolder ? uri.withText(text.substring(0, text.length() - 1)) : uri),
              isFolder));
    }
    String last = directive.arg(directive.arity());
    int status = 0;
    if (last.startsWith("=")) {
      status = Units.number(last.substring(1)).orElse(HIGHEST_STATUS + 1);
      if (status > HIGHEST_STATUS) {
        throw directive.error("invalid code \"" + last + "\"");
      }
    }
    level.put(
        TRY_FILES,
        new TryFiles(
            List.copyOf(candidates), status, reading.template(directive, directive.arity())));
  }

  private static void folder(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    boolean alias = directive.name().equals("alias");
    Folder earlier = level.own(FOLDER);
    if (earlier != null) {
      if (earlier.alias() == alias) {
        throw Setter.duplicate(directive);
      }
      throw directive.error(
          "\""
              + directive.name()
              + "\" directive is duplicate, \""
              + (alias ? "root" : "alias")
              + "\" directive was specified earlier");
    }
    Path location = level.own(LocationDirectives.PATH);
    if (alias && location != null && location.isNamed()) {
      throw directive.error("the \"alias\" directive cannot be used inside the named location");
    }
    for (String variable : List.of("$document_root", "${document_root}", "$realpath_root")) {
      if (directive.arg(1).contains(variable)) {
        throw directive.error(
            "the "
                + (variable.startsWith("$r") ? variable : "$document_root")
                + " variable cannot be used in the \""
                + directive.name()
                + "\" directive");
      }
    }
    Word word = directive.words().get(1);
    Word path = word.text().startsWith("$") ? word : word.withText(reading.path(word.text()));
    level.put(FOLDER, new Folder(reading.template(path), alias, prefix(location)));
  }

  private static String prefix(@Nullable Path location) {
    return location == null || location.regex() != null ? "" : location.text();
  }

  private static void index(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    for (int i = 1; i <= directive.arity(); i++) {
      if (directive.arg(i).isEmpty()) {
        throw directive.error("index \"\" in \"index\" directive is invalid");
      }
      level.add(INDEX, reading.template(directive, i));
    }
  }
}
