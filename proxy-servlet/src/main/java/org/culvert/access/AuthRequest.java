package org.culvert.access;

import java.util.List;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.variable.Assignment;

/**
 * {@code auth_request} and {@code auth_request_set} (ngx_http_auth_request_module): who may is
 * asked of another location, by a subrequest.
 *
 * @param uri the subrequest's path, without arguments; "" for {@code off}
 * @param sets variables that take values of the subrequest when it has ended
 */
public record AuthRequest(String uri, List<Assignment> sets) {

  /** A list that nobody changes any more. */
  public AuthRequest {
    sets = List.copyOf(sets);
  }

  /**
   * What the subrequest's answer says.
   *
   * @param status the answer's, 0 where there is none
   * @param fields the answer's, of which {@code WWW-Authenticate} of a 401 is the client's
   */
  public static AccessVerdict verdict(int status, HeaderFields fields) {
    if (status >= 200 && status < 300) {
      return AccessVerdict.ALLOWED;
    }
    if (status == 401 || status == 403) {
      HeaderFields kept = new HeaderFields();
      if (status == 401) {
        fields.all("WWW-Authenticate").forEach(value -> kept.add("WWW-Authenticate", value));
      }
      return new AccessVerdict(status, kept, null);
    }
    return new AccessVerdict(
        500,
        new HeaderFields(),
        new GatewayFailure(
            GatewayFailure.Kind.INTERNAL, "auth request unexpected status: " + status));
  }
}
