package org.culvert.servlet;

/** A front's call for a request that is to be upgraded, while its backend is dialled. */
interface UpgradeCall {
  /** Whether the client's very connection can be given to a tunnel. */
  boolean canTunnel();

  /** Has the client's handshake completed now that the backend has said 101, or gives it up. */
  void complete(PendingUpgrade pending);
}
