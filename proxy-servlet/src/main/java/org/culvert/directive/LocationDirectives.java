package org.culvert.directive;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Word;
import org.culvert.directive.LocationSettings.Handler;
import org.culvert.location.LocationTree;
import org.culvert.variable.Regex;
import org.jspecify.annotations.Nullable;

/** {@code location}: its path and modifier, what may be nested in what, and the finished tree. */
final class LocationDirectives {
  static final Setting<Path> PATH = new Setting<>("location");
  private static final Setting<Boolean> INTERNAL = new Setting<>("internal");

  /** How a location matches. */
  enum Kind {
    EXACT("= "),
    PREFIX(""),
    NO_REGEX("^~ "),
    REGEX("~ "),
    CASELESS("~* "),
    NAMED("");

    private final String modifier;

    Kind(String modifier) {
      this.modifier = modifier;
    }
  }

  /**
   * What a location is for.
   *
   * @param text the path, pattern or name without its modifier
   * @param regex the compiled pattern, or null
   */
  record Path(Kind kind, String text, @Nullable Regex regex) {
    boolean isNamed() {
      return kind == Kind.NAMED;
    }

    @Override
    public String toString() {
      return kind.modifier + text;
    }
  }

  private LocationDirectives() {}

  static void define(DirectiveTable table) {
    table.define("location", LocationDirectives::location);
    table.define("internal", (directive, level, reading) -> level.put(INTERNAL, true));
  }

  private static void location(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    Path path = path(directive, reading);
    Path outer = level.own(PATH);
    if (outer != null) {
      checkNesting(path, outer, directive);
    }
    Level inner = level.nested(Context.LOCATION, directive);
    inner.put(PATH, path);
    reading.block(directive, inner);
  }

  private static Path path(Directive directive, Reading reading) throws ConfigurationException {
    String first = directive.arg(1);
    if (directive.arity() == 2) {
      Kind kind =
          switch (first) {
            case "=" -> Kind.EXACT;
            case "^~" -> Kind.NO_REGEX;
            case "~" -> Kind.REGEX;
            case "~*" -> Kind.CASELESS;
            default -> throw directive.error("invalid location modifier \"" + first + "\"");
          };
      return path(kind, directive.arg(2), directive, reading);
    }
    for (Kind kind : List.of(Kind.EXACT, Kind.NO_REGEX, Kind.CASELESS, Kind.REGEX)) {
      String modifier = kind.modifier.strip();
      if (first.startsWith(modifier)) {
        return path(kind, first.substring(modifier.length()), directive, reading);
      }
    }
    return path(first.startsWith("@") ? Kind.NAMED : Kind.PREFIX, first, directive, reading);
  }

  private static Path path(Kind kind, String text, Directive directive, Reading reading)
      throws ConfigurationException {
    boolean isRegex = kind == Kind.REGEX || kind == Kind.CASELESS;
    return new Path(
        kind, text, isRegex ? reading.regex(text, kind == Kind.CASELESS, directive) : null);
  }

  private static void checkNesting(Path path, Path outer, Directive directive)
      throws ConfigurationException {
    String location = "location \"" + path.text() + "\"";
    if (outer.kind() == Kind.EXACT) {
      throw directive.error(
          location + " cannot be inside the exact location \"" + outer.text() + "\"");
    }
    if (outer.isNamed()) {
      throw directive.error(
          location + " cannot be inside the named location \"" + outer.text() + "\"");
    }
    if (path.isNamed()) {
      throw directive.error(
          "named location \"" + path.text() + "\" can be on the server level only");
    }
    if (path.regex() == null && !path.text().startsWith(outer.text())) {
      throw directive.error(location + " is outside location \"" + outer.text() + "\"");
    }
  }

  /** The finished tree of the locations directly within a level. */
  static LocationTree<LocationSettings> tree(Level level, Reading reading)
      throws ConfigurationException {
    LocationTree.Builder<LocationSettings> tree = LocationTree.builder();
    Set<String> seen = new HashSet<>();
    for (Level location : level.children(Context.LOCATION)) {
      Path path = location.own(PATH);
      if (path != null) {
        add(tree, path, location, seen, reading);
      }
    }
    return tree.build();
  }

  private static void add(
      LocationTree.Builder<LocationSettings> tree,
      Path path,
      Level level,
      Set<String> seen,
      Reading reading)
      throws ConfigurationException {
    Directive opening = level.opening();
    if (path.regex() == null && opening != null && !seen.add(key(path))) {
      throw opening.error("duplicate location \"" + path.text() + "\"");
    }
    LocationTree<LocationSettings> nested =
        level.children(Context.LOCATION).isEmpty() ? null : tree(level, reading);
    LocationSettings settings = settings(level, path, reading);
    switch (path.kind()) {
      case EXACT -> tree.exact(path.text(), settings);
      case PREFIX, NO_REGEX ->
          tree.prefix(path.text(), path.kind() == Kind.NO_REGEX, settings, nested);
      case NAMED -> tree.named(path.text(), settings);
      case REGEX, CASELESS -> {
        Regex regex = path.regex();
        if (regex != null) {
          tree.regex(regex.pattern(), settings, nested);
        }
      }
    }
    if (path.regex() == null
        && path.text().endsWith("/")
        && settings.handler() instanceof Handler.Proxy) {
      tree.slashRedirect(path.text());
    }
  }

  /** nginx takes "/a" and "^~ /a" for the same location, "= /a" for another. */
  private static String key(Path path) {
    return (path.kind() == Kind.EXACT ? "=" : "") + path.text();
  }

  /**
   * One location, or what a server does where none matches.
   *
   * @param path null for the server itself
   */
  static LocationSettings settings(Level level, @Nullable Path path, Reading reading)
      throws ConfigurationException {
    ProxyBufferDirectives.check(level);
    Regex regex = path == null ? null : path.regex();
    LocationSettings settings =
        new LocationSettings(
            path == null ? "" : path.toString(),
            regex == null ? Map.of() : reading.slots(regex),
            level.get(INTERNAL, false),
            path == null ? List.of() : RewriteDirectives.steps(level),
            path == null ? List.of() : branches(level, path, reading),
            RealIpDirectives.settings(level),
            AccessDirectives.policy(level),
            LimitDirectives.limits(level, reading),
            path == null ? null : LimitExceptDirectives.limited(level, path, reading),
            StaticDirectives.settings(level, reading),
            StaticDirectives.tryFiles(level),
            handler(level, path, reading),
            CoreDirectives.errorPages(level),
            CoreDirectives.recursiveErrorPages(level),
            CoreDirectives.redirects(level),
            HeaderDirectives.addHeaders(level),
            HeaderDirectives.addTrailers(level),
            HeaderDirectives.expires(level),
            GzipDirectives.settings(level),
            RefererDirectives.referers(level),
            CoreDirectives.maxBodySize(level),
            CoreDirectives.sendTimeout(level),
            ClientDirectives.client(level),
            LogDirectives.accessLogs(level, reading));
    AccessDirectives.warnWhereUnguarded(level, settings, reading);
    return settings;
  }

  /**
   * What holds where an {@code if} does: all that is the location's and that it does not say anew.
   */
  private static List<LocationSettings> branches(Level level, Path path, Reading reading)
      throws ConfigurationException {
    List<LocationSettings> branches = new ArrayList<>();
    for (Level inner : level.children(Context.IF_IN_LOCATION)) {
      branches.add(settings(inner, path, reading));
    }
    return List.copyOf(branches);
  }

  private static Handler handler(Level level, @Nullable Path path, Reading reading)
      throws ConfigurationException {
    if (path != null && ProxyPassDirectives.hasPass(level)) {
      return new Handler.Proxy(ProxyPassDirectives.settings(level, path, reading));
    }
    boolean isJar = reading.options().form() == ConfigurationReader.Form.JAR;
    if (isJar && (path == null || !StaticDirectives.hasFolder(level))) {
      return new Handler.None();
    }
    return new Handler.Static();
  }

  /** A word in lower case. */
  static String lower(Word word) {
    return word.text().toLowerCase(Locale.ROOT);
  }
}
