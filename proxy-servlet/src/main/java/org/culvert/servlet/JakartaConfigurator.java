package org.culvert.servlet;

import jakarta.websocket.Extension;
import jakarta.websocket.HandshakeResponse;
import jakarta.websocket.server.HandshakeRequest;
import jakarta.websocket.server.ServerEndpointConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers the container during a handshake, on the servlet's thread: what the backend chose. Public
 * because containers may look at it.
 */
public final class JakartaConfigurator extends ServerEndpointConfig.Configurator {
  /** Set around the call that upgrades, and at no other time. */
  private final ThreadLocal<@Nullable JakartaHandover> now = new ThreadLocal<>();

  /** With nothing handed over. */
  JakartaConfigurator() {}

  void offer(JakartaHandover handover) {
    now.set(handover);
  }

  void clear() {
    now.remove();
  }

  /** False for whoever asks for the endpoint's path by itself. */
  @Override
  public boolean checkOrigin(@Nullable String origin) {
    return now.get() != null;
  }

  @Override
  public String getNegotiatedSubprotocol(List<String> supported, List<String> requested) {
    JakartaHandover handover = now.get();
    String chosen = handover == null ? null : handover.subprotocol();
    return chosen == null ? "" : chosen;
  }

  /** None: a relay does not compress (docs/websocket.md). */
  @Override
  public List<Extension> getNegotiatedExtensions(
      List<Extension> installed, List<Extension> requested) {
    return List.of();
  }

  @Override
  public void modifyHandshake(
      ServerEndpointConfig config, HandshakeRequest request, HandshakeResponse response) {
    JakartaHandover handover = now.get();
    now.remove();
    if (handover != null) {
      config.getUserProperties().put(JakartaUpgrade.HANDOVER, handover);
      handover.taken();
    }
  }

  @Override
  public <T> T getEndpointInstance(Class<T> type) {
    return type.cast(new JakartaEndpoint());
  }
}
