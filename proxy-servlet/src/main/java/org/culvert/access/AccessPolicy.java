package org.culvert.access;

import org.culvert.http.HeaderFields;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * Who may have what a location serves (nginx's access phase, {@code ngx_http_core_access_phase}).
 *
 * @param rules {@code allow} and {@code deny}, asked first
 * @param auth {@code auth_basic}, or null
 * @param request {@code auth_request}, asked last; or null
 * @param any {@code satisfy any}: one check that lets the request through is enough
 */
public record AccessPolicy(
    AccessRules rules, @Nullable BasicAuth auth, @Nullable AuthRequest request, boolean any) {

  /** Whether checking may wait for a disk, or takes long. */
  public boolean mayWait() {
    return auth != null;
  }

  /**
   * Whether the subrequest of {@code auth_request} is to be made.
   *
   * @param before what all other checks together say
   */
  public boolean asks(AccessVerdict before) {
    if (request == null) {
      return false;
    }
    return any ? before != AccessVerdict.ALLOWED && before.status() != 500 : !before.isRefusal();
  }

  /** What all checks say, the subrequest's among them. */
  public AccessVerdict with(AccessVerdict before, AccessVerdict asked) {
    boolean refusedTwice = any && before.isRefusal() && asked.isRefusal() && asked.status() != 500;
    if (!refusedTwice) {
      return asked;
    }
    // As above; and where both say how to authenticate, the client is told both.
    HeaderFields fields = new HeaderFields(before.fields()).addAll(asked.fields().toList());
    int status = before.status() == 401 ? 401 : asked.status();
    return new AccessVerdict(status, fields, before.reason());
  }

  /** What all checks but the subrequest together say. */
  public AccessVerdict verdict(Scope scope) {
    AccessVerdict byAddress = rules.verdict(scope.get(RequestFacts.class).client());
    if (auth == null || (any ? byAddress == AccessVerdict.ALLOWED : byAddress.isRefusal())) {
      return byAddress;
    }
    AccessVerdict byUser = auth.verdict(scope);
    // A 401 outlives a 403: whoever asks may try with a password.
    return any && byUser == AccessVerdict.NO_OPINION ? byAddress : byUser;
  }
}
