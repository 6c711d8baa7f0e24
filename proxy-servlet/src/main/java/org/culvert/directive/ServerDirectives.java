package org.culvert.directive;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.directive.ServerSettings.NameRegex;
import org.culvert.location.VirtualServers;
import org.culvert.variable.Regex;
import org.jspecify.annotations.Nullable;

/** {@code server}, {@code server_name}, {@code http2}, and the finished server. */
final class ServerDirectives {
  private static final Setting<List<ServerName>> NAMES = new Setting<>("server_name");
  private static final Setting<Boolean> HTTP2 = new Setting<>("http2");

  /**
   * One name.
   *
   * @param text in lower case; for a regex "~" and the pattern
   * @param regex the compiled pattern, or null
   */
  record ServerName(String text, @Nullable Regex regex) {}

  private ServerDirectives() {}

  static void define(DirectiveTable table) {
    table.define("http", ServerDirectives::http);
    table.define("server", Context.HTTP, ServerDirectives::server);
    table.define("server_name", ServerDirectives::serverName);
    table.define("http2", Setter.flag(HTTP2));
    ListenDirectives.define(table);
  }

  private static void http(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    if (!level.children(Context.HTTP).isEmpty()) {
      throw Setter.duplicate(directive);
    }
    reading.block(directive, level.nested(Context.HTTP, directive));
  }

  private static void server(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    reading.block(directive, level.nested(Context.SERVER, directive));
  }

  private static void serverName(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    for (int i = 1; i <= directive.arity(); i++) {
      level.add(NAMES, name(directive.arg(i), directive, reading));
    }
  }

  private static ServerName name(String text, Directive directive, Reading reading)
      throws ConfigurationException {
    if (text.startsWith("~")) {
      if (text.length() == 1) {
        throw directive.error("empty regex in server name \"" + text + "\"");
      }
      return new ServerName(text, reading.regex(text.substring(1), true, directive));
    }
    if (text.equalsIgnoreCase("$hostname")) {
      return new ServerName(hostname(), null);
    }
    String lower = text.toLowerCase(Locale.ROOT);
    int star = lower.indexOf('*');
    boolean wildcardOk =
        star < 0
            || (lower.startsWith("*.") && lower.lastIndexOf('*') == 0 && lower.length() > 2)
            || (lower.endsWith(".*") && star == lower.length() - 1 && lower.length() > 2);
    if (lower.equals(".") || lower.contains("..") || !wildcardOk) {
      throw directive.error("invalid server name or wildcard \"" + text + "\"");
    }
    return new ServerName(lower, null);
  }

  private static String hostname() {
    try {
      return InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT);
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  /** The names as {@link VirtualServers} takes them. */
  static List<VirtualServers.Name> names(Level server) {
    List<VirtualServers.Name> names = new ArrayList<>();
    for (ServerName name : server.get(NAMES, List.of())) {
      Regex regex = name.regex();
      names.add(new VirtualServers.Name(name.text(), regex == null ? null : regex.pattern()));
    }
    return names;
  }

  static boolean http2(Level server) {
    return server.get(HTTP2, false);
  }

  /** The finished server. */
  static ServerSettings settings(Level server, List<ListenSettings> listens, Reading reading)
      throws ConfigurationException {
    List<String> names = new ArrayList<>();
    List<NameRegex> regexes = new ArrayList<>();
    for (ServerName name : server.get(NAMES, List.of())) {
      names.add(name.text());
      Regex regex = name.regex();
      if (regex != null) {
        Map<Integer, Integer> slots = reading.slots(regex);
        regexes.add(new NameRegex(regex.pattern(), slots));
      }
    }
    return new ServerSettings(
        listens,
        List.copyOf(names),
        RewriteDirectives.steps(server),
        LocationDirectives.tree(server, reading),
        LocationDirectives.settings(server, null, reading),
        TlsDirectives.settings(server, reading),
        List.copyOf(regexes),
        CoreDirectives.headerTimeout(server),
        ClientDirectives.head(server));
  }
}
