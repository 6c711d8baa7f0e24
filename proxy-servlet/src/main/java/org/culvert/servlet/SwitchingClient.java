package org.culvert.servlet;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.websocket.DeploymentException;
import java.io.IOException;
import org.culvert.http.GatewayFailure;
import org.culvert.upgrade.Accepted;
import org.culvert.upgrade.AcceptedTunnel;

/**
 * A client whose backend has said 101: it is answered so, and its connection given away. One of the
 * three is called, once.
 */
interface SwitchingClient {
  /** Jakarta WebSocket's way, for a client whose connection cannot be had. */
  interface SessionWay {
    /** Has the container answer and make a session. */
    void upgrade(HttpServletRequest request, HttpServletResponse response)
        throws IOException, DeploymentException, GatewayFailure;
  }

  /**
   * Answers, and gives the connection to a tunnel.
   *
   * @throws IOException when the client has left, as the other two
   */
  void tunnel(AcceptedTunnel accepted, TunnelFront.Taker taker)
      throws IOException, ServletException;

  /**
   * Answers, and gives the connection to a relay: as a hop of ours, or by a session.
   *
   * @param sessions not called where the connection can be had
   */
  void relay(Accepted accepted, JakartaHandover taker, SessionWay sessions)
      throws IOException, DeploymentException, GatewayFailure;

  /** Answers with an error, where nothing was answered yet. */
  void refuse(int status);
}
