package org.culvert.it.ws;

import java.io.IOException;
import java.util.List;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.Talk;
import org.culvert.it.origin.Origin;
import org.culvert.it.wire.RawWebSocket;

/** Both ends of one WebSocket through the proxy, each in the test's hands. */
record Pair(RawWebSocket client, RawWebSocket backend) implements AutoCloseable {
  /**
   * Opens one.
   *
   * @param prefix where its path begins, with the slash
   */
  static Pair open(Mount mount, String prefix) throws Exception {
    return open(mount, prefix, List.of());
  }

  /**
   * Opens one.
   *
   * @param prefix where its path begins, with the slash
   * @param answer more field lines of the backend's answer
   * @param fields more field lines of the client's offer
   */
  static Pair open(Mount mount, String prefix, List<String> answer, String... fields)
      throws Exception {
    String path =
        Origin.shared()
            .on(prefix, Behaviour.webSocket(Talk.HAND_OVER, answer.toArray(String[]::new)));
    RawWebSocket client = RawWebSocket.open(Running.port(), mount.path(path), fields);
    return new Pair(client, Origin.shared().takeWebSocket(path));
  }

  RawWebSocket end(boolean fromClient) {
    return fromClient ? client : backend;
  }

  @Override
  public void close() throws IOException {
    client.close();
    backend.close();
  }
}
