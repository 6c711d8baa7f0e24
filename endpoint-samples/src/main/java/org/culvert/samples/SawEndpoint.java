package org.culvert.samples;

import jakarta.websocket.Extension;
import jakarta.websocket.HandshakeResponse;
import jakarta.websocket.OnClose;
import jakarta.websocket.OnError;
import jakarta.websocket.OnOpen;
import jakarta.websocket.Session;
import jakarta.websocket.server.HandshakeRequest;
import jakarta.websocket.server.ServerEndpoint;
import jakarta.websocket.server.ServerEndpointConfig;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the backend saw: {@code /saw}. Its only message is a JSON object with the handshake's URI,
 * its request headers as they arrived, the response headers that the endpoint set, and what was
 * negotiated. The headers that the container adds to each 101 by RFC 6455 (Upgrade, Connection,
 * Sec-WebSocket-Accept) are not visible to an endpoint.
 */
@ServerEndpoint(
    value = "/saw",
    subprotocols = {"saw.v1"},
    configurator = SawEndpoint.Witness.class)
public final class SawEndpoint {
  private static final String HANDSHAKE = "org.culvert.samples.handshake";

  /** Tells of the handshake. */
  @OnOpen
  public void onOpen(Session session) {
    Traffic.opened();
    Handshake saw =
        (Handshake)
            Objects.requireNonNull(
                session.getUserProperties().get(HANDSHAKE), "the configurator ran before");
    Outbox.of(session, 1)
        .send(
            Json.text(
                Json.object(
                    "uri", Objects.toString(session.getRequestURI(), ""),
                    "secure", session.isSecure(),
                    "request", saw.request(),
                    "response", saw.response(),
                    "subprotocol", Objects.toString(session.getNegotiatedSubprotocol(), ""),
                    "extensions",
                        session.getNegotiatedExtensions().stream()
                            .map(Extension::getName)
                            .toList())));
  }

  /** Counts it. */
  @OnClose
  public void onClose() {
    Traffic.closed();
  }

  /** Nothing to do: the container calls onClose next. */
  @OnError
  public void onError(Throwable failure) {}

  /** The headers of one handshake, names in the order of the alphabet. */
  record Handshake(Map<String, List<String>> request, Map<String, List<String>> response) {}

  /** Sees the handshake, and adds a header and a cookie to its answer. */
  public static final class Witness extends ServerEndpointConfig.Configurator {
    private static final AtomicLong HANDSHAKES = new AtomicLong();

    /** Called by the container. */
    public Witness() {}

    @Override
    public void modifyHandshake(
        ServerEndpointConfig config, HandshakeRequest request, HandshakeResponse response) {
      String count = String.valueOf(HANDSHAKES.incrementAndGet());
      response.getHeaders().put("X-Sample-Handshake", List.of(count));
      response.getHeaders().put("Set-Cookie", List.of("saw=" + count + "; SameSite=Lax"));
      // The request does not outlive the handshake: copy. The session gets these properties.
      config
          .getUserProperties()
          .put(HANDSHAKE, new Handshake(copy(request.getHeaders()), copy(response.getHeaders())));
    }

    private static Map<String, List<String>> copy(Map<String, List<String>> headers) {
      Map<String, List<String>> copy = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      headers.forEach((name, values) -> copy.put(name, List.copyOf(values)));
      return copy;
    }
  }
}
