package org.culvert.directive;

import java.util.List;
import org.culvert.access.AccessRules;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.http.Network;
import org.culvert.rewrite.Return;
import org.jspecify.annotations.Nullable;

/** {@code allow} and {@code deny}: inherited only by a level that has neither. */
final class AccessDirectives {
  private static final Setting<List<AccessRules.Rule>> RULES = new Setting<>("allow");

  private AccessDirectives() {}

  static void define(DirectiveTable table) {
    table.define("allow", (directive, level, reading) -> add(directive, level, true, reading));
    table.define("deny", (directive, level, reading) -> add(directive, level, false, reading));
  }

  static AccessRules rules(Level level) {
    List<AccessRules.Rule> rules = level.get(RULES, List.of());
    return rules.isEmpty() ? AccessRules.NONE : new AccessRules(rules);
  }

  /** In the JAR what no handler of ours serves is the application's, whoever asks. */
  static void warnWhereUnguarded(Level level, LocationSettings settings, Reading reading) {
    if (settings.handler() instanceof LocationSettings.Handler.None
        && settings.steps().stream().noneMatch(Return.class::isInstance)
        && level.own(RULES) != null) {
      reading
          .warnings()
          .warn(
              "\"allow\" and \"deny\" do not guard the application's own paths in "
                  + (level.opening() == null ? "server" : level.opening().position()));
    }
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
  static @Nullable Network network(Directive directive, Reading reading)
      throws ConfigurationException {
    String text = directive.arg(1);
    if (text.equals("unix:")) {
      throw directive.error("\"unix:\" is not supported");
    }
    Network network = Network.parse(text);
    if (network != null && !network.isWritten(text)) {
      reading
          .warnings()
          .warn("low address bits of " + text + " are meaningless in " + directive.position());
    }
    return network;
  }
}
