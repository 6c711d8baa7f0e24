package org.culvert.it.app;

import jakarta.websocket.OnMessage;
import jakarta.websocket.server.PathParam;
import jakarta.websocket.server.ServerEndpoint;

/** A WebSocket endpoint of the application's own. */
@ServerEndpoint("/own-socket/{name}")
public class OwnEndpoint {
  /** Answers. */
  @OnMessage
  public String answer(@PathParam("name") String name, String message) {
    return "own " + name + " " + message;
  }
}
