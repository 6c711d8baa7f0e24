package org.culvert.directive;

import java.util.HashSet;
import java.util.Set;
import org.culvert.conf.Directive;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is said about directives that do nothing: each thing once for one configuration. */
final class Warnings {
  private static final Logger LOG = LoggerFactory.getLogger("org.culvert.directive");

  private final Set<String> said = new HashSet<>();

  /** A directive that only concerns nginx's processes. */
  void noEffect(Directive directive) {
    if (said.add(directive.name())) {
      LOG.debug("\"{}\" has no effect in {}", directive.name(), directive.position());
    }
  }

  /** A directive of a family that one might miss: proxy_cache. */
  void ignored(Directive directive) {
    if (said.add("proxy_cache*")) {
      LOG.warn(
          "\"{}\" and all \"proxy_cache\" directives have no effect in {}",
          directive.name(),
          directive.position());
    }
  }

  /** nginx's own warnings. */
  void warn(String message) {
    LOG.warn(message);
  }
}
