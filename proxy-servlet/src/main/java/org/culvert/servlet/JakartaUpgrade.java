package org.culvert.servlet;

import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.function.Consumer;
import org.culvert.http.GatewayFailure;
import org.culvert.upgrade.Accepted;
import org.culvert.upgrade.RelayEnd;
import org.jspecify.annotations.Nullable;

/**
 * Completes clients' WebSocket handshakes through the container's Jakarta WebSocket, and runs the
 * relays. One for a servlet context; closed with it. Thread-safe.
 */
public final class JakartaUpgrade implements AutoCloseable {
  private JakartaUpgrade() {}

  /**
   * Registers the relay's endpoint; while the context starts, once.
   *
   * @return null where the container has no WebSocket
   */
  public static @Nullable JakartaUpgrade register(ServletContext context) {
    return null;
  }

  /**
   * Completes the client's handshake with what the backend chose and starts the relay. Blocks for
   * the write of the 101 alone. To be called in {@code service()}: in the ASYNC dispatch after the
   * dial; the request is the container's own or a wrapper of it.
   *
   * @param ended told once when the relay is over, on any thread
   * @throws GatewayFailure when the client is gone or the container refused; the backend is cut off
   *     then
   */
  public void complete(
      HttpServletRequest request,
      HttpServletResponse response,
      Accepted accepted,
      Consumer<RelayEnd> ended)
      throws GatewayFailure {
    accepted.abort();
    throw new GatewayFailure(GatewayFailure.Kind.INTERNAL, "the relay is not built yet");
  }

  /** Closes what still runs with 1001, and waits for it briefly. Idempotent. */
  @Override
  public void close() {}
}
