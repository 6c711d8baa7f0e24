package org.culvert.directive;

import java.util.List;
import java.util.Map;
import org.culvert.access.AccessPolicy;
import org.culvert.access.AccessRules;
import org.culvert.access.AuthRequest;
import org.culvert.access.BasicAuth;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.http.Network;
import org.culvert.rewrite.Return;
import org.culvert.variable.Assignment;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/**
 * {@code allow} and {@code deny}, inherited only by a level that has neither; {@code auth_basic},
 * {@code auth_basic_user_file}, {@code auth_request}, {@code auth_request_set} and {@code satisfy}.
 */
final class AccessDirectives {
  private static final Setting<List<AccessRules.Rule>> RULES = new Setting<>("allow");

  private static final Setting<Boolean> SATISFY_ANY = new Setting<>("satisfy");
  private static final Setting<Template> REALM = new Setting<>("auth_basic");
  private static final Setting<Template> USER_FILE = new Setting<>("auth_basic_user_file");

  /** "" is {@code off}. */
  private static final Setting<String> REQUEST = new Setting<>("auth_request");

  private static final Setting<List<Assignment>> SETS = new Setting<>("auth_request_set");

  private AccessDirectives() {}

  static void define(DirectiveTable table) {
    table.define("allow", (directive, level, reading) -> add(directive, level, true, reading));
    table.define("deny", (directive, level, reading) -> add(directive, level, false, reading));
    table.define("satisfy", Setter.choice(SATISFY_ANY, Map.of("all", false, "any", true)));
    table.define("auth_basic", AccessDirectives::realm);
    table.define("auth_basic_user_file", AccessDirectives::userFile);
    table.define("auth_request", AccessDirectives::request);
    table.define("auth_request_set", AccessDirectives::set);
  }

  /** All checks of a level together. */
  static AccessPolicy policy(Level level) {
    List<AccessRules.Rule> rules = level.get(RULES, List.of());
    Template realm = level.find(REALM);
    Template userFile = level.find(USER_FILE);
    String uri = level.get(REQUEST, "");
    return new AccessPolicy(
        rules.isEmpty() ? AccessRules.NONE : new AccessRules(rules),
        realm == null || userFile == null ? null : new BasicAuth(realm, userFile),
        uri.isEmpty() ? null : new AuthRequest(uri, level.get(SETS, List.of())),
        level.get(SATISFY_ANY, false));
  }

  /** In the JAR what no handler of ours serves is the application's, whoever asks. */
  static void warnWhereUnguarded(Level level, LocationSettings settings, Reading reading) {
    if (settings.handler() instanceof LocationSettings.Handler.None
        && settings.steps().stream().noneMatch(Return.class::isInstance)
        && (level.own(RULES) != null || level.own(REALM) != null || level.own(REQUEST) != null)) {
      reading
          .warnings()
          .warn(
              "\"allow\", \"deny\", \"auth_basic\" and \"auth_request\" do not guard the application's own paths in "
                  + (level.opening() == null ? "server" : level.opening().position()));
    }
  }

  private static void realm(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    level.putOnce(REALM, reading.template(directive, 1), directive);
  }

  /** Relative to the configuration's folder; one with variables is absolute or of the process's. */
  private static void userFile(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    Template file = reading.template(directive, 1);
    level.putOnce(
        USER_FILE,
        file.isConstant() ? Template.constant(reading.configurationPath(directive)) : file,
        directive);
  }

  private static void request(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    String uri = directive.arg(1);
    level.putOnce(REQUEST, uri.equals("off") ? "" : uri, directive);
  }

  private static void set(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    int slot = reading.variables().slot(reading.variableName(directive, 1));
    level.add(SETS, new Assignment(slot, reading.template(directive, 2)));
  }

  private static void add(Directive directive, Level level, boolean allows, Reading reading)
      throws ConfigurationException {
    String text = directive.arg(1);
    if (text.equals("all")) {
      level.add(RULES, new AccessRules.Rule(allows, null));
      return;
    }
    Network network = network(directive, reading);
    if (network == null) {
      throw Setter.invalidParameter(directive, text);
    }
    level.add(RULES, new AccessRules.Rule(allows, network));
  }

  /**
   * The network that a directive's argument is; warns of an address within it, as nginx does.
   *
   * @return null where it is none
   */
  static @Nullable Network network(Directive directive, Reading reading) {
    String text = directive.arg(1);
    return text.equals(Network.UNIX_NAME) ? Network.UNIX : network(text, directive, reading);
  }

  /** The network that a text is; warns of an address within it, as nginx does. Null for none. */
  static @Nullable Network network(String text, Directive directive, Reading reading) {
    Network network = Network.parse(text);
    if (network != null && !network.isWritten(text)) {
      reading
          .warnings()
          .warn("low address bits of " + text + " are meaningless in " + directive.position());
    }
    return network;
  }
}
