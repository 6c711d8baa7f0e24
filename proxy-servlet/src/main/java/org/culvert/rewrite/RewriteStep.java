package org.culvert.rewrite;

import java.util.List;

/**
 * One directive of ngx_http_rewrite_module. A server's or a location's steps run in the order of
 * the file until one ends them ({@link RewriteRun}).
 */
public sealed interface RewriteStep
    permits RewriteStep.If, RewriteStep.Break, SetVariable, Return, RewriteRule {
  /**
   * {@code if (condition) { … }}.
   *
   * @param steps what stands in it, run as if it stood outside
   * @param branch which of the location's settings hold from then on; -1 at a server, where an
   *     {@code if} has none
   */
  record If(Condition condition, List<RewriteStep> steps, int branch) implements RewriteStep {}

  /** {@code break}: the URI stays in this location, and no later step runs. */
  record Break() implements RewriteStep {}
}
