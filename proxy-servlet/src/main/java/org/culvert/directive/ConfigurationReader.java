package org.culvert.directive;

import java.util.List;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Parser;
import org.culvert.conf.Position;
import org.culvert.conf.Source;
import org.jspecify.annotations.Nullable;

/**
 * Reads a configuration: text to tree ({@link Parser}), tree to levels (the directives' setters),
 * levels to immutable settings. Resolves the host names of upstreams on the way.
 */
public final class ConfigurationReader {
  /** In which form Culvert runs. */
  public enum Form {
    /** Owns the sockets; the file is a whole nginx.conf. */
    LAUNCHER,
    /** A WAR that is nothing but a proxy. */
    WAR,
    /** A library in an application's WAR, which keeps every path that no location claims. */
    JAR
  }

  /**
   * How to read.
   *
   * @param form in which form Culvert runs; in WAR and JAR the file may also hold just what stands
   *     in {@code http} or in {@code server}, and {@code upstream}, {@code map} and so on beside it
   * @param prefix the folder that {@code root} and logs are relative to, absolute
   * @param globals the text of {@code -g}, or null
   */
  public record Options(Form form, String prefix, @Nullable String globals) {
    /** Without {@code -g}. */
    public Options(Form form, String prefix) {
      this(form, prefix, null);
    }
  }

  private ConfigurationReader() {}

  /**
   * Reads a configuration.
   *
   * @throws ConfigurationException with nginx's message, and the file and line that it is about
   */
  public static Configuration read(Source source, Options options) throws ConfigurationException {
    return read(source, options, HostLookup.SYSTEM);
  }

  static Configuration read(Source source, Options options, HostLookup hosts)
      throws ConfigurationException {
    Parser.Tree tree = Parser.parse(source, options.globals());
    Reading reading = new Reading(source, options, hosts);
    Level main = new Level(Context.MAIN, null, null);
    if (options.form() == Form.LAUNCHER || isWhole(tree.directives())) {
      reading.apply(tree.directives(), main);
    } else {
      Excerpt.apply(tree.directives(), main, new Position(source.name(), 1), reading);
    }
    List<Level> http = main.children(Context.HTTP);
    Assembly assembly = new Assembly(reading);
    List<ServerSettings> servers =
        http.isEmpty() ? List.of() : assembly.servers(http.get(0).children(Context.SERVER));
    Configuration configuration =
        new Configuration(
            servers,
            assembly.byAddress(http.isEmpty() ? main : http.get(0)),
            reading.upstreams().all(),
            reading.zones().all(),
            ProcessDirectives.settings(main, http.isEmpty() ? null : http.get(0), reading),
            tree.files());
    reading.resolveVariables();
    return configuration;
  }

  private static boolean isWhole(List<Directive> directives) {
    return directives.stream().anyMatch(d -> d.name().equals("http") || d.name().equals("events"));
  }
}
