package org.culvert.samples;

import jakarta.websocket.CloseReason;
import jakarta.websocket.OnClose;
import jakarta.websocket.OnError;
import jakarta.websocket.OnMessage;
import jakarta.websocket.OnOpen;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerEndpoint;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The stream: {@code /stream?rate=20&from=1}. Sends numbers as JSON objects, {@code n} and {@code
 * at}, and after each command how the stream stands, {@code rate}, {@code paused} and {@code next}.
 * Takes {@code pause}, {@code resume} and {@code rate 50}; anything else is closed with 1008.
 */
@ServerEndpoint("/stream")
public final class StreamEndpoint {
  private static final int OUTBOX_CAPACITY = 64;

  private @Nullable NumberStream stream; // null until onOpen

  /** Starts to count. */
  @OnOpen
  public void onOpen(Session session) {
    Traffic.opened();
    session.setMaxIdleTimeout(0); // the beat finds out who is gone
    stream =
        new NumberStream(
            Outbox.of(session, OUTBOX_CAPACITY),
            number(session, "from", 1),
            number(session, "rate", 10));
    stream.start();
  }

  /** Does what the client says. */
  @OnMessage(maxMessageSize = 64)
  public void onMessage(Session session, String command) throws IOException {
    Traffic.messageReceived();
    if (stream != null && !stream.obey(command)) {
      session.close(
          new CloseReason(
              CloseReason.CloseCodes.VIOLATED_POLICY, "Say pause, resume, or rate and a number"));
    }
  }

  /** Stops counting. */
  @OnClose
  public void onClose() {
    Traffic.closed();
    if (stream != null) {
      stream.stop();
    }
  }

  /** Nothing to do: the container calls onClose next. */
  @OnError
  public void onError(Throwable failure) {}

  private static int number(Session session, String parameter, int otherwise) {
    List<String> values = session.getRequestParameterMap().getOrDefault(parameter, List.of());
    return !values.isEmpty() && values.get(0).matches("[0-9]{1,9}")
        ? Integer.parseInt(values.get(0))
        : otherwise;
  }
}
