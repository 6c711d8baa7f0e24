package org.culvert.access;

import java.net.InetSocketAddress;
import java.util.List;
import org.culvert.http.Network;
import org.jspecify.annotations.Nullable;

/**
 * {@code allow} and {@code deny} (ngx_http_access_module): the first rule that a client's address
 * matches decides; a client that matches none is allowed.
 *
 * @param rules in the order of the file
 */
public record AccessRules(List<Rule> rules) {
  /** Nobody is denied. */
  public static final AccessRules NONE = new AccessRules(List.of());

  /**
   * One line.
   *
   * @param allows {@code allow}, else {@code deny}
   * @param network whom; null for {@code all}
   */
  public record Rule(boolean allows, @Nullable Network network) {
    private boolean matches(InetSocketAddress client) {
      return network == null || network.contains(client);
    }
  }

  /** Rules that nobody changes any more. */
  public AccessRules {
    rules = List.copyOf(rules);
  }

  /**
   * What they say of a client; one without an IP address is matched by {@code unix:} and {@code
   * all} alone.
   */
  AccessVerdict verdict(InetSocketAddress client) {
    for (Rule rule : rules) {
      if (rule.matches(client)) {
        return rule.allows
            ? AccessVerdict.ALLOWED
            : AccessVerdict.refusal(403, "access forbidden by rule");
      }
    }
    return AccessVerdict.NO_OPINION;
  }
}
