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
 * The servlet container's client, in {@code service()}: in the ASYNC dispatch after the dial, or on
 * the waiting thread.
 *
 * @param request the container's own or a wrapper of it
 */
record ServletClient(HttpServletRequest request, HttpServletResponse response)
    implements SwitchingClient {

  @Override
  public void tunnel(AcceptedTunnel accepted, TunnelFront.Taker taker)
      throws IOException, ServletException {
    TunnelFront front = TunnelFront.of(request);
    if (front == null) {
      throw new IllegalStateException("its connection cannot be had any more");
    }
    accepted.fields().forEach(field -> response.addHeader(field.name(), field.value()));
    front.upgrade(ContainerAdapters.unwrapped(request), request, response, taker);
  }

  @Override
  public void relay(Accepted accepted, JakartaHandover taker, SessionWay sessions)
      throws IOException, DeploymentException, GatewayFailure {
    RelayFront front = RelayFront.of(request);
    if (front == null) {
      accepted.fields().forEach(field -> response.addHeader(field.name(), field.value()));
      sessions.upgrade(request, response);
      return;
    }
    accepted
        .head(request.getHeader("Sec-WebSocket-Key"))
        .forEach(field -> response.addHeader(field.name(), field.value()));
    taker.taken();
    front.upgrade(
        ContainerAdapters.unwrapped(request), request, response, accepted.timers(), taker);
  }

  @Override
  public void refuse(int status) {
    if (!response.isCommitted()) {
      response.reset(); // An error's answer has none of the 101's fields.
      response.setStatus(status);
    }
  }
}
