package org.culvert.access;

import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * Who may have what a location serves (nginx's access phase, {@code ngx_http_core_access_phase}).
 *
 * @param rules {@code allow} and {@code deny}, asked first
 * @param auth {@code auth_basic}, or null
 * @param any {@code satisfy any}: one check that lets the request through is enough
 */
public record AccessPolicy(AccessRules rules, @Nullable BasicAuth auth, boolean any) {

  /** Whether checking may wait for a disk, or takes long. */
  public boolean mayWait() {
    return auth != null;
  }

  /** What all checks together say. */
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
