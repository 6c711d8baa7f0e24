package org.culvert.limit;

import org.culvert.http.ByteSize;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.culvert.variable.VariableTable;
import org.jspecify.annotations.Nullable;

/**
 * {@code limit_rate} and {@code limit_rate_after} of a level: how fast an answer is sent.
 *
 * @param rate bytes in a second, with k, m or g; null or 0 where there is no limit
 * @param after bytes that are sent before, or null
 */
public record RateLimits(@Nullable Template rate, @Nullable Template after) {
  /** The bytes in a second that hold for a request, which may have set its own; 0 for no limit. */
  public long rate(Scope scope) {
    String own = scope.slot(VariableTable.LIMIT_RATE);
    long set = own == null ? -1 : ByteSize.parse(own);
    return set >= 0 ? set : size(rate, scope);
  }

  /** The bytes that are sent before. */
  public long after(Scope scope) {
    return size(after, scope);
  }

  private static long size(@Nullable Template template, Scope scope) {
    return template == null ? 0 : Math.max(0, ByteSize.parse(template.evaluate(scope)));
  }
}
