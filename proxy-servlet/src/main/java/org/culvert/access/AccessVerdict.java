package org.culvert.access;

import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.jspecify.annotations.Nullable;

/**
 * What one check of a location says of a request.
 *
 * @param status the answer's where the check refuses; 200 where it lets the request through, 0
 *     where it has no opinion
 * @param fields what belongs to the answer
 * @param reason for the log; null where there is none: a client that was not asked for its password
 *     before
 */
public record AccessVerdict(int status, HeaderFields fields, @Nullable GatewayFailure reason) {
  /** The check says nothing of this request. */
  static final AccessVerdict NO_OPINION = new AccessVerdict(0, new HeaderFields(), null);

  /** The check lets it through. */
  static final AccessVerdict ALLOWED = new AccessVerdict(200, new HeaderFields(), null);

  /** The check refuses it. */
  static AccessVerdict refusal(int status, String why) {
    return new AccessVerdict(
        status, new HeaderFields(), new GatewayFailure(GatewayFailure.Kind.FORBIDDEN, why));
  }

  /** Whether the request goes no further. */
  public boolean isRefusal() {
    return status >= 400;
  }
}
