package org.culvert.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.culvert.http.GatewayFailure;
import org.culvert.upgrade.Accepted;

/**
 * A backend that has said 101 and waits for the client's handshake to be completed in the ASYNC
 * dispatch (DESIGN.md, "The way of an upgrade"). Travels as an attribute of the request.
 */
record PendingUpgrade(Accepted accepted, JakartaUpgrade upgrades, RequestCycle cycle) {
  private static final String ATTRIBUTE = "org.culvert.upgrade";

  /** Leaves this for the dispatch. */
  void leaveIn(HttpServletRequest request) {
    request.setAttribute(ATTRIBUTE, this);
  }

  /**
   * Completes the upgrade that waits in a request.
   *
   * @return false when none waits: the dispatch is the application's own
   */
  static boolean completeIn(HttpServletRequest request, HttpServletResponse response) {
    if (!(request.getAttribute(ATTRIBUTE) instanceof PendingUpgrade pending)) {
      return false;
    }
    request.removeAttribute(ATTRIBUTE);
    pending.complete(request, response);
    return true;
  }

  /** Completes the client's handshake, or answers that it could not be. */
  void complete(HttpServletRequest request, HttpServletResponse response) {
    try {
      upgrades.complete(request, response, accepted, cycle::relayed);
    } catch (GatewayFailure failure) {
      if (!response.isCommitted()) {
        response.setStatus(failure.status() == 499 ? 400 : failure.status());
      }
      cycle.answered(failure);
    }
  }

  /** There will be no dispatch: the client has gone. */
  void abandon() {
    accepted.abort();
    cycle.answered(
        new GatewayFailure(
            GatewayFailure.Kind.CLIENT_GONE, "the client left while its WebSocket was dialled"));
  }
}
