package org.culvert.samples;

import jakarta.websocket.CloseReason;
import jakarta.websocket.OnClose;
import jakarta.websocket.OnError;
import jakarta.websocket.OnMessage;
import jakarta.websocket.OnOpen;
import jakarta.websocket.Session;
import jakarta.websocket.server.PathParam;
import jakarta.websocket.server.ServerEndpoint;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The chat: {@code /chat/tea?name=Ann}. A client sends what it has to say as plain text, and is
 * sent JSON objects by {@code type}: {@code welcome}, {@code joined}, {@code left}, {@code said},
 * {@code beat}. A client that reads too slowly to follow is closed with 1013.
 */
@ServerEndpoint("/chat/{room}")
public final class ChatEndpoint {
  private static final int LONGEST_MESSAGE_BYTES = 8 * 1024; // beyond it the container closes: 1009
  private static final int LONGEST_NAME = 24;
  private static final int OUTBOX_CAPACITY = 256;
  private static final Pattern ROOM = Pattern.compile("[A-Za-z0-9_-]{1,32}");

  private Chat.@Nullable Member member; // null until onOpen, and after it if the room was refused

  /** Enters the room. */
  @OnOpen
  public void onOpen(Session session, @PathParam("room") String room) throws IOException {
    Traffic.opened();
    session.setMaxIdleTimeout(0); // the beat finds out who is gone
    if (!ROOM.matcher(room).matches()) {
      session.close(
          new CloseReason(
              CloseReason.CloseCodes.VIOLATED_POLICY,
              "A room's name is 1 to 32 letters, digits, - and _"));
      return;
    }
    member = Application.CHAT.join(room, name(session), Outbox.of(session, OUTBOX_CAPACITY));
  }

  /** Says it to the room. */
  @OnMessage(maxMessageSize = LONGEST_MESSAGE_BYTES)
  public void onMessage(String text) {
    Traffic.messageReceived();
    if (member != null && !text.isBlank()) {
      Application.CHAT.say(member, text.strip());
    }
  }

  /** Leaves the room. */
  @OnClose
  public void onClose() {
    Traffic.closed();
    if (member != null) {
      member.outbox().end();
      Application.CHAT.leave(member);
    }
  }

  /** Nothing to do: the container calls onClose next. */
  @OnError
  public void onError(Throwable failure) {}

  private static String name(Session session) {
    List<String> names = session.getRequestParameterMap().getOrDefault("name", List.of());
    String name = names.isEmpty() ? "" : names.get(0).strip();
    if (name.isEmpty()) {
      return "guest";
    }
    int end = Math.min(name.length(), LONGEST_NAME);
    // Not through the middle of a character.
    return Character.isHighSurrogate(name.charAt(end - 1))
        ? name.substring(0, end - 1)
        : name.substring(0, end);
  }
}
