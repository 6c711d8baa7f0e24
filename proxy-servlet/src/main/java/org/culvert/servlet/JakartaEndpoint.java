package org.culvert.servlet;

import jakarta.websocket.CloseReason;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.PongMessage;
import jakarta.websocket.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint of every relay. Public because containers make it; without state, because not every
 * container makes one for each session.
 */
public final class JakartaEndpoint extends Endpoint {
  private static final String HOP = "org.culvert.relay.hop";

  /** For the container. */
  public JakartaEndpoint() {}

  @Override
  public void onOpen(Session session, EndpointConfig config) {
    Object handed = session.getUserProperties().remove(JakartaUpgrade.HANDOVER);
    config.getUserProperties().remove(JakartaUpgrade.HANDOVER);
    JakartaHandover handover = handed instanceof JakartaHandover ours ? ours : null;
    if (handover == null) {
      close(session);
      return;
    }
    JakartaClientHop hop = handover.opened(session);
    if (hop == null) {
      return;
    }
    session.getUserProperties().put(HOP, hop);
    session.setMaxIdleTimeout(0); // proxy_read_timeout is the relay's to keep.
    session.addMessageHandler(
        String.class, (MessageHandler.Partial<String>) (part, last) -> hop.text(part, last));
    session.addMessageHandler(
        ByteBuffer.class,
        (MessageHandler.Partial<ByteBuffer>) (part, last) -> hop.binary(part, last));
    session.addMessageHandler(
        PongMessage.class, (MessageHandler.Whole<PongMessage>) pong -> hop.pong());
    handover.start(hop);
  }

  private static void close(Session session) {
    try {
      session.close();
    } catch (IOException e) {
      // Nobody is waiting for it.
    }
  }

  @Override
  public void onError(Session session, Throwable cause) {
    JakartaClientHop hop = hop(session);
    if (hop != null) {
      hop.error(cause);
    }
  }

  @Override
  public void onClose(Session session, CloseReason reason) {
    JakartaClientHop hop = hop(session);
    if (hop != null) {
      hop.closed(reason);
    }
  }

  private static @Nullable JakartaClientHop hop(Session session) {
    try {
      return session.getUserProperties().get(HOP) instanceof JakartaClientHop hop ? hop : null;
    } catch (IllegalStateException closed) {
      // Tomcat 11 reports the error that closed a session after onClose, which told the relay.
      return null;
    }
  }
}
