package org.culvert.it.app;

import jakarta.websocket.OnError;
import jakarta.websocket.OnMessage;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerEndpoint;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A WebSocket endpoint that echoes what its container has found right. */
@ServerEndpoint("/strict")
public class StrictEcho {
  /** Echoes a piece of a text. */
  @OnMessage
  public void text(String piece, boolean last, Session session) throws IOException {
    session.getBasicRemote().sendText(piece, last);
  }

  /** Echoes a piece of a binary message. */
  @OnMessage
  public void binary(ByteBuffer piece, boolean last, Session session) throws IOException {
    session.getBasicRemote().sendBinary(piece, last);
  }

  /** Broken frames are what it is asked with: no word for the log. */
  @OnError
  public void broken(Throwable cause) {}
}
