package org.culvert.samples;

import jakarta.websocket.CloseReason;
import jakarta.websocket.OnClose;
import jakarta.websocket.OnError;
import jakarta.websocket.OnMessage;
import jakarta.websocket.OnOpen;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerEndpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The echo: {@code /echo}, with the subprotocols {@code echo.v1} and {@code echo.v2}. Answers a
 * message with itself. The text {@code /close 4001 see you} closes the session so instead.
 *
 * <p>It needs no outbox: only the thread that brings a message sends, and while it does the
 * container reads no further, so a client that does not read its echoes is soon held back itself.
 */
@ServerEndpoint(
    value = "/echo",
    subprotocols = {"echo.v2", "echo.v1"})
public final class EchoEndpoint {
  private static final int LONGEST_MESSAGE_BYTES = 1024 * 1024;
  private static final Duration LONGEST_SILENCE = Duration.ofMinutes(10);

  /** The codes that an endpoint may send (RFC 6455, 7.4), and a reason of at most 123 bytes. */
  private static final Pattern CLOSE =
      Pattern.compile("/close (100[0-37-9]|101[0-4]|[34][0-9]{3})(?: (.{0,40}))?");

  /** Sets the time without messages after which the session ends. */
  @OnOpen
  public void onOpen(Session session) {
    Traffic.opened();
    session.setMaxIdleTimeout(LONGEST_SILENCE.toMillis());
  }

  /** Answers with the same text, or closes. */
  @OnMessage(maxMessageSize = LONGEST_MESSAGE_BYTES)
  public void onText(Session session, String text) throws IOException {
    Traffic.messageReceived();
    Matcher close = CLOSE.matcher(text);
    if (close.matches()) {
      int code = Integer.parseInt(close.group(1));
      // A CloseCode of our own: getCloseCode(1014) throws on some containers.
      session.close(new CloseReason(() -> code, close.group(2)));
    } else {
      session.getBasicRemote().sendText(text);
      Traffic.messageSent();
    }
  }

  /** Answers with the same bytes. */
  @OnMessage(maxMessageSize = LONGEST_MESSAGE_BYTES)
  public void onBinary(Session session, ByteBuffer bytes) throws IOException {
    Traffic.messageReceived();
    session.getBasicRemote().sendBinary(bytes);
    Traffic.messageSent();
  }

  /** Counts it. */
  @OnClose
  public void onClose() {
    Traffic.closed();
  }

  /** Nothing to do: the container calls onClose next. */
  @OnError
  public void onError(Throwable failure) {}
}
