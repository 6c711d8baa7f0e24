package org.culvert.servlet;

import java.io.IOException;
import org.culvert.http.HeaderFields;
import org.culvert.upgrade.Accepted;
import org.culvert.upgrade.AcceptedTunnel;
import org.culvert.upgrade.JettyTunnelSocket;

/**
 * The upgrade of a client whose front can do it: completed by the thread that brings the backend's
 * 101, with no dispatch.
 */
record JettyClientUpgrade(ClientSwitch client) implements UpgradeCall, SwitchingClient {

  @Override
  public boolean canTunnel() {
    return JettyTunnelSocket.isIn(client.endPoint());
  }

  @Override
  public void complete(PendingUpgrade pending) {
    pending.complete(this);
  }

  @Override
  public void tunnel(AcceptedTunnel accepted, TunnelFront.Taker taker) throws IOException {
    upgrade(accepted.fields(), JettyTunnelFront.connection(client.endPoint(), taker));
  }

  @Override
  public void relay(Accepted accepted, JakartaHandover taker, SessionWay sessions)
      throws IOException {
    taker.taken();
    upgrade(
        accepted.head(client.key()),
        JettyRelayFront.connection(client.endPoint(), accepted.timers(), taker));
  }

  private void upgrade(HeaderFields head, Object connection) throws IOException {
    if (!client.upgrade(head, connection)) {
      throw new IOException("the client left while its WebSocket was dialled");
    }
  }

  @Override
  public void refuse(int status) {
    client.refuse(status);
  }
}
